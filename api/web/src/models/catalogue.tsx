/** Networks that can be downloaded: what each is for, its license before it is taken, and how far it is. */
import type { CatalogueItemView } from '@scry/shared/contracts/catalogue';
import { useEffect, useState } from 'preact/hooks';
import { postJson } from '../client/http.js';
import { useModels } from '../client/models.js';
import { useAction } from '../client/use-action.js';
import { useLoad } from '../client/use-load.js';
import { WRITE_SCOPES } from '../client/versions.js';
import { ErrorNotice } from '../parts/notice.js';
import { Link, navigate } from '../routing/router.js';
import { chosenModel } from '../state/settings.js';
import { bytes, useTexts } from '../texts/models.js';
import '../styles/models.css';

const AGAIN_MS = 1000;

const goesOn = ({ state }: CatalogueItemView) => state === 'pulling' || state === 'checking';

export function Catalogue() {
  const t = useTexts();
  const { data, error, reload } = useLoad<{ items: readonly CatalogueItemView[] }>('/v1/catalogue');
  const busy = data?.items.some(goesOn) ?? false;
  useEffect(() => {
    if (!busy) return;
    const timer = setInterval(reload, AGAIN_MS);
    return () => clearInterval(timer);
  }, [busy, reload]);
  return (
    <>
      <p>
        <Link href="/models">{t.modelList.all}</Link>
      </p>
      <div class="view-head">
        <h1 tabIndex={-1}>{t.models.catalogue}</h1>
      </div>
      <p class="lead">{t.catalogue.lead}</p>
      {error !== null && <ErrorNotice error={error} onRetry={reload} />}
      <ul class="catalogue">
        {data?.items.map((item) => (
          <Entry key={item.name} item={item} onChanged={reload} />
        ))}
      </ul>
    </>
  );
}

interface EntryProps {
  readonly item: CatalogueItemView;
  readonly onChanged: () => void;
}

function Entry({ item, onChanged }: EntryProps) {
  const t = useTexts();
  const { name, title, description, task, accuracy, state, reason, source } = item;
  return (
    <li class="panel" aria-label={title}>
      <div class="model-card-title">
        <h2>{title}</h2>
        <code>{name}</code>
      </div>
      <p class="model-badges">
        <span class="badge">{t.models.task[task] ?? task}</span>
        <span class={`state ${state}`}>{t.catalogue.state[state]}</span>
      </p>
      <p>{description}</p>
      <dl class="catalogue-facts">
        {accuracy && (
          <div>
            <dt>{t.catalogue.accuracy}</dt>
            <dd>{accuracy}</dd>
          </div>
        )}
        <div>
          <dt>{t.versions.head.size}</dt>
          <dd>{t.catalogue.size(bytes(item.download_bytes), bytes(item.bytes))}</dd>
        </div>
        <div>
          <dt>{t.catalogue.source}</dt>
          <dd>
            <code>{source}</code>
          </dd>
        </div>
      </dl>
      {(state === 'failed' || state === 'rejected') && (
        <p class="notice bad" role="alert" lang="en">
          {reason}
        </p>
      )}
      <Pull item={item} onChanged={onChanged} />
    </li>
  );
}

/** Taking it: the license first, then how far it is, then trying it. */
function Pull({ item, onChanged }: EntryProps) {
  const t = useTexts();
  const action = useAction();
  const { reload } = useModels();
  const [asked, setAsked] = useState(false);
  const { name, license, state, progress } = item;
  const pull = () =>
    action.run(async () => {
      await postJson(`/v1/catalogue/${encodeURIComponent(name)}/pull`, {});
      setAsked(false);
      onChanged();
    });
  const tryIt = () => {
    chosenModel.value = name;
    reload();
    navigate('/');
  };
  if (goesOn(item))
    return (
      <div class="draft-progress" role="status">
        <p>
          {progress && state === 'pulling'
            ? t.catalogue.progress(bytes(progress.bytes), bytes(progress.total))
            : t.catalogue.state[state]}
        </p>
        <progress
          value={progress && state === 'pulling' ? progress.bytes / progress.total : undefined}
          aria-label={t.catalogue.state[state]}
        />
      </div>
    );
  if (state === 'ready')
    return (
      <div class="buttons">
        <button type="button" class="primary" onClick={tryIt}>
          {t.catalogue.tryIt}
        </button>
      </div>
    );
  return (
    <>
      {!asked && (
        <div class="buttons">
          <button type="button" onClick={() => setAsked(true)}>
            {state === 'available' || state === 'retired' ? t.catalogue.get : t.catalogue.again}
          </button>
        </div>
      )}
      {asked && (
        <section class="license" aria-label={t.catalogue.license}>
          <h3>{t.catalogue.licenseOf(license.name)}</h3>
          <p lang="en">{license.notice}</p>
          <p>
            <a href={license.url} target="_blank" rel="noreferrer">
              {t.catalogue.read}
            </a>
          </p>
          <div class="buttons">
            <button type="button" class="primary" disabled={action.busy} onClick={pull}>
              {t.catalogue.agree(license.name, bytes(item.download_bytes))}
            </button>
            <button type="button" class="quiet" onClick={() => setAsked(false)}>
              {t.catalogue.cancel}
            </button>
          </div>
        </section>
      )}
      {action.error !== null && <ErrorNotice error={action.error} scopes={WRITE_SCOPES} />}
    </>
  );
}
