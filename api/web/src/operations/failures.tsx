/** What failed, by code: each leads to the predictions, and can be tried again. */
import { useState } from 'preact/hooks';
import { type Retried, retryFailed } from '../client/operating.js';
import { ErrorNotice } from '../parts/notice.js';
import { Link } from '../routing/router.js';
import { count } from '../texts/index.js';
import { useTexts } from '../texts/operating.js';
import type { Figures } from './charts.js';

/** What became of it, in a sentence or a few. */
function Became({ became }: { readonly became: Retried }) {
  const t = useTexts();
  const r = t.operations.retry;
  const skipped = (reason: Retried['skipped'][number]['reason']) =>
    became.skipped.filter((one) => one.reason === reason).length;
  const [image, model, overloaded] = [skipped('image'), skipped('model'), skipped('overloaded')];
  return (
    <p class="notice" role="status">
      {[
        r.sent(count(became.retried.length)),
        ...(image > 0 ? [r.image(count(image))] : []),
        ...(model > 0 ? [r.model(count(model))] : []),
        ...(overloaded > 0 ? [r.overloaded(count(overloaded))] : []),
        ...(became.next === null ? [] : [r.more]),
      ].join(' ')}
    </p>
  );
}

interface Props {
  readonly data: Figures;
  /** Of which time, in words. */
  readonly time: string;
}

export function Failures({ data: { failures, buckets }, time }: Props) {
  const t = useTexts();
  const [busy, setBusy] = useState<number | null>(null);
  const [became, setBecame] = useState<Retried | null>(null);
  const [error, setError] = useState<unknown>(null);
  const retry = async (code: number) => {
    setBusy(code);
    setBecame(null);
    setError(null);
    try {
      setBecame(await retryFailed(code, buckets[0]?.at ?? 0));
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(null);
    }
  };
  const head = t.operations.code;
  return (
    <section class="panel">
      <h2>{t.operations.failures}</h2>
      <p class="quiet-text">{time}</p>
      {failures.length === 0 ? (
        <p>{t.operations.noFailures}</p>
      ) : (
        <table class="failures">
          <thead>
            <tr>
              <th scope="col">{head.number}</th>
              <th scope="col">{head.meaning}</th>
              <th scope="col">{head.count}</th>
              <td />
            </tr>
          </thead>
          <tbody>
            {failures.map(({ code, count: times }) => (
              <tr key={code}>
                <th scope="row" class="figures">
                  {code}
                </th>
                <td>{t.codes[code] ?? t.codes[500]}</td>
                <td class="figures">
                  <Link href={`/history?status=failed&code=${code}`}>
                    {count(times)}
                    <span class="visually-hidden"> {t.operations.showFailed(String(code))}</span>
                  </Link>
                </td>
                <td class="row-actions">
                  <button
                    type="button"
                    class="quiet"
                    disabled={busy !== null}
                    aria-label={t.operations.retry.label(String(code))}
                    onClick={() => void retry(code)}
                  >
                    {t.operations.retry.button}
                  </button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {became && <Became became={became} />}
      {error !== null && <ErrorNotice error={error} scopes="admin" />}
    </section>
  );
}
