/** What can be asked here, how well it does, and where it came from. */
import type { ModelStatistics } from '@scry/shared/contracts/statistics';
import { useState } from 'preact/hooks';
import { request } from '../client/http.js';
import { type ModelView, useModels } from '../client/models.js';
import { useLoad } from '../client/use-load.js';
import { Markdown } from '../parts/markdown.js';
import { ErrorNotice } from '../parts/notice.js';
import { Readiness } from '../parts/readiness.js';
import { navigate } from '../routing/router.js';
import { chosenModel } from '../state/settings.js';
import { count, duration, percent, useTexts } from '../texts/index.js';

/** Labels shown before the rest is only counted. */
const SHOWN = 60;

export function Models() {
  const t = useTexts();
  const { models, problems, error, reload } = useModels();
  const statistics = useLoad<{ items: readonly ModelStatistics[] }>('/v1/stats/models');
  return (
    <>
      <div class="view-head">
        <h1 tabIndex={-1}>{t.models.title}</h1>
      </div>
      {error !== null && <ErrorNotice error={error} onRetry={reload} />}
      {statistics.error !== null && error === null && (
        <ErrorNotice error={statistics.error} onRetry={statistics.reload} />
      )}
      {models?.length === 0 && <p class="empty">{t.predict.noModels}</p>}
      <div class="model-sheets">
        {models?.map((model) => (
          <Sheet
            key={model.name}
            model={model}
            statistics={statistics.data?.items.find(({ name }) => name === model.name)}
          />
        ))}
      </div>
      {problems.length > 0 && (
        <section class="notice bad">
          <h2>{t.models.problems}</h2>
          <ul>
            {problems.map(({ name, message }) => (
              <li key={name}>
                <strong>{name}</strong>: {message}
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

interface SheetProps {
  readonly model: ModelView;
  readonly statistics: ModelStatistics | undefined;
}

function Sheet({ model, statistics }: SheetProps) {
  const t = useTexts();
  const { name, labels, input } = model;
  const runtimes = [...new Set(model.workers.map(({ runtime }) => runtime))];
  const use = () => {
    chosenModel.value = name;
    navigate('/');
  };
  return (
    <section class="sheet" aria-labelledby={`model-${name}`}>
      <header>
        <h2 id={`model-${name}`}>{name}</h2>
        <span class="badge">{t.models.task[model.task] ?? model.task}</span>
        <Readiness ready={model.serving} />
        {model.default && <span class="badge">{t.models.isDefault}</span>}
        <button type="button" onClick={use} aria-label={`${t.models.use}: ${name}`}>
          {t.models.use}
        </button>
      </header>
      <p>{model.description}</p>
      {statistics && <Figures statistics={statistics} />}
      <dl class="sheet-facts">
        <div>
          <dt>{t.models.engine}</dt>
          <dd>{runtimes.length > 0 ? runtimes.join(', ') : model.engine}</dd>
        </div>
        <div>
          <dt>{t.models.version}</dt>
          <dd>{model.version}</dd>
        </div>
        <div>
          <dt>{t.models.input}</dt>
          <dd>
            {input.width && input.height ? `${input.width} × ${input.height}, ` : ''}
            {input.channels.toUpperCase()}
          </dd>
        </div>
        <div class="wide">
          <dt>{t.models.labels(labels.length)}</dt>
          <dd>
            {labels.slice(0, SHOWN).join(', ')}
            {labels.length > SHOWN && ` ${t.models.moreLabels(labels.length - SHOWN)}`}
          </dd>
        </div>
      </dl>
      {model.problems.map(({ worker, message }) => (
        <p key={worker} class="notice bad">
          {worker}: {message}
        </p>
      ))}
      <Readme name={name} />
    </section>
  );
}

function Figures({ statistics }: { readonly statistics: ModelStatistics }) {
  const t = useTexts();
  const { predictions, predictions_exact, recent, median_ms, p95_ms, reported_wrong } = statistics;
  if (predictions === 0) return <p class="quiet-text">{t.models.noneYet}</p>;
  return (
    <>
      <dl class="tally">
        <div>
          <dt>{t.models.predictions}</dt>
          <dd>{predictions_exact ? count(predictions) : t.models.more(count(predictions))}</dd>
        </div>
        <div>
          <dt>{t.models.median}</dt>
          <dd>{median_ms === null ? '–' : duration(median_ms)}</dd>
        </div>
        <div>
          <dt>{t.models.p95}</dt>
          <dd>{p95_ms === null ? '–' : duration(p95_ms)}</dd>
        </div>
        <div>
          <dt>{t.models.wrong}</dt>
          <dd>{recent === 0 ? '–' : percent(reported_wrong / recent, 1)}</dd>
        </div>
      </dl>
      {recent < predictions && <p class="quiet-text">{t.models.recent(count(recent))}</p>}
    </>
  );
}

/** The model's README, loaded when it is opened. */
function Readme({ name }: { readonly name: string }) {
  const t = useTexts();
  const [text, setText] = useState<string | null>(null);
  const [error, setError] = useState<unknown>(null);
  const load = async () => {
    try {
      const path = `/v1/models/${encodeURIComponent(name)}/readme`;
      const response = await request(path, { headers: { Accept: 'text/markdown' } });
      setText(await response.text());
      setError(null);
    } catch (failure) {
      setError(failure);
    }
  };
  const onToggle = (event: { currentTarget: HTMLDetailsElement }) => {
    if (event.currentTarget.open && text === null) void load();
  };
  return (
    <details class="readme" onToggle={onToggle}>
      <summary>{t.models.readme}</summary>
      {error !== null && <ErrorNotice error={error} />}
      {text !== null && <Markdown text={text} />}
    </details>
  );
}
