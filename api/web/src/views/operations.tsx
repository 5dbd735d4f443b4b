/** How the system is, at a glance and live; how it was; and what an operator can do about it. */
import type { StatisticsHistory } from '@scry/shared/contracts/statistics';
import { useEffect, useState } from 'preact/hooks';
import { useLoad } from '../client/use-load.js';
import { useOperations } from '../client/use-operations.js';
import { Charts } from '../operations/charts.js';
import { Failures } from '../operations/failures.js';
import { Now } from '../operations/now.js';
import { Queues } from '../operations/queues.js';
import { Storage } from '../operations/storage.js';
import { type Time, TimeChoice, timeIn } from '../operations/time-choice.js';
import { Workers } from '../operations/workers.js';
import { ErrorNotice } from '../parts/notice.js';
import { useSearch } from '../routing/router.js';
import { useTexts } from '../texts/operating.js';
import '../styles/operations.css';

const AGAIN_MS = 30_000;

/** Figures of a longer time, asked for again now and then; null while it is live. */
function useHistory(time: Time) {
  const path = time === 'live' ? null : `/v1/stats/history?range=${time}`;
  const { data, error, reload } = useLoad<StatisticsHistory>(path);
  useEffect(() => {
    if (path === null) return;
    const timer = setInterval(reload, AGAIN_MS);
    return () => clearInterval(timer);
  }, [path, reload]);
  return { history: path === null ? null : data, error: path === null ? null : error, reload };
}

export function Operations() {
  const t = useTexts();
  const time = timeIn(useSearch());
  const [logarithmic, setLogarithmic] = useState(false);
  const { data, live, error } = useOperations();
  const past = useHistory(time);
  const figures = time === 'live' ? data : past.history;
  return (
    <>
      <div class="view-head">
        <h1 tabIndex={-1}>{t.operations.title}</h1>
        {data && (
          <p class={`live ${live ? 'on' : 'off'}`} role="status">
            {live ? t.operations.live : t.operations.reconnecting}
          </p>
        )}
      </div>
      {error && <ErrorNotice error={error} />}
      {!data && !error && <p class="quiet-text">{t.common.loading}</p>}
      {data && (
        <>
          <Now data={data} />
          <TimeChoice time={time} logarithmic={logarithmic} onLogarithmic={setLogarithmic} />
          {past.error !== null && <ErrorNotice error={past.error} onRetry={past.reload} />}
          {!figures && past.error === null && <p class="quiet-text">{t.common.loading}</p>}
          {figures && <Charts data={figures} logarithmic={logarithmic} />}
          {figures && <Failures data={figures} time={t.operations.timeWords[time]} />}
          <Queues queues={data.queues} unfinished={data.unfinished} />
          <Workers workers={data.workers} />
          <Storage />
        </>
      )}
    </>
  );
}
