import { isPassing, openDatabase } from '@scry/shared/database/database';
import { createDatabase, quiet, withoutConnections } from '../../../helpers/services.js';

test('a database that takes no connections is unavailable, not asked for something wrong', async () => {
  const own = await createDatabase();
  const database = openDatabase(own.url, { max: 1, name: 'test', log: quiet });
  await withoutConnections(own, async () => {
    const refused = await database.ping().catch((error: unknown) => error);
    expect(refused).toMatchObject({ severity: 'FATAL', code: '55000' });
    expect(isPassing(refused)).toBe(true);
  });
  await database.ping();
  await database.close();
  await own.drop();
});
