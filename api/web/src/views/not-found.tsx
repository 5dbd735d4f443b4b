/** An address that names nothing here. */
import { Link } from '../routing/router.js';
import { useTexts } from '../texts/index.js';

export function NotFound() {
  const t = useTexts();
  return (
    <div class="view-head">
      <h1 tabIndex={-1}>{t.common.notFoundTitle}</h1>
      <p>{t.common.notFound}</p>
      <p>
        <Link href="/">{t.common.toStart}</Link>
      </p>
    </div>
  );
}
