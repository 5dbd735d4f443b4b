/** What takes room on the disk, and what is removed when. */
import type { StorageUse } from '@scry/shared/contracts/statistics';
import { useLoad } from '../client/use-load.js';
import { ErrorNotice } from '../parts/notice.js';
import { bytes, count, dateTime } from '../texts/index.js';
import { useTexts } from '../texts/operating.js';

function Retention({ retention }: Pick<StorageUse, 'retention'>) {
  const t = useTexts();
  const s = t.operations.storage;
  const { days, oldest, due, due_exact, derived_days, derived_max_bytes } = retention;
  return (
    <div class="retention">
      <p>{days > 0 ? s.kept(count(days, 2)) : s.keptForever}</p>
      {days > 0 && due > 0 && <p>{due_exact ? s.due(count(due)) : s.dueMore(count(due))}</p>}
      {oldest && <p>{s.oldest(dateTime(oldest))}</p>}
      <p>{s.derivedKept(count(derived_days, 2), bytes(derived_max_bytes))}</p>
    </div>
  );
}

export function Storage() {
  const t = useTexts();
  const s = t.operations.storage;
  const { data, error, reload } = useLoad<StorageUse>('/v1/stats/storage');
  const about = (use: StorageUse['images']) => (use.exact ? bytes(use.bytes) : s.about(bytes(use.bytes)));
  const rows = data && [
    [s.images, about(data.images), s.files(count(data.images.files))],
    [s.derived, about(data.derived), s.files(count(data.derived.files))],
    [s.blobs, about(data.blobs), s.files(count(data.blobs.files))],
    [s.database, bytes(data.database_bytes), ''],
    [s.free, bytes(data.free_bytes), s.reserve(bytes(data.reserve_bytes))],
  ];
  return (
    <section class="panel">
      <h2>{s.title}</h2>
      {error !== null && <ErrorNotice error={error} onRetry={reload} />}
      {!data && error === null && <p class="quiet-text">{t.common.loading}</p>}
      {rows && (
        <table class="storage">
          <tbody>
            {rows.map(([name, size, more]) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td class="figures">{size}</td>
                <td class="quiet-text">{more}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {data && <Retention retention={data.retention} />}
    </section>
  );
}
