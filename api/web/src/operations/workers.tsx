/** The workers that live, and what each serves. */
import type { Operations as OperationsData } from '@scry/shared/contracts/statistics';
import { span } from '../texts/index.js';
import { useTexts } from '../texts/operating.js';

export function Workers({ workers }: { readonly workers: OperationsData['workers'] }) {
  const t = useTexts();
  const head = t.operations.worker;
  return (
    <section class="panel">
      <h2>{t.operations.workers}</h2>
      {workers.length === 0 ? (
        <p class="warn-text">{t.operations.noWorkers}</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: on a small screen it scrolls, and keys must reach it
        <section class="table-scroll" tabIndex={0} aria-label={t.operations.workers}>
          <table>
            <thead>
              <tr>
                <th scope="col">{head.id}</th>
                <th scope="col">{head.models}</th>
                <th scope="col">{head.device}</th>
                <th scope="col">{head.host}</th>
                <th scope="col">{head.up}</th>
              </tr>
            </thead>
            <tbody>
              {workers.map((worker) => (
                <tr key={worker.id}>
                  <th scope="row">{worker.id}</th>
                  <td>
                    {worker.models.map(({ name }) => name).join(', ')}
                    {worker.problems.map(({ name, message }) => (
                      <span key={name} class="bad-text">
                        {name}: {message}
                      </span>
                    ))}
                  </td>
                  <td>{[...new Set(worker.models.map(({ device }) => device))].join(', ')}</td>
                  <td>{worker.host}</td>
                  <td class="figures">{span(worker.up_s)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </section>
  );
}
