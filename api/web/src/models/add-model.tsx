/** Adding a model: files in, what was understood of them, a try on an image, and only then others are answered by it. */
import { useModels } from '../client/models.js';
import { WRITE_SCOPES } from '../client/versions.js';
import { Heading } from '../parts/heading.js';
import { ErrorNotice } from '../parts/notice.js';
import { Link, navigate } from '../routing/router.js';
import { chosenModel } from '../state/settings.js';
import { useTexts } from '../texts/models.js';
import { modelAddress } from './addresses.js';
import { ChooseFiles } from './choose-files.js';
import { type Draft, useDraft } from './draft.js';
import { Publish } from './publish.js';
import { TryOut } from './try-out.js';
import { Understood } from './understood.js';
import '../styles/models.css';

export function AddModel() {
  const t = useTexts();
  const draft = useDraft();
  const { state, error } = draft;
  const version = 'version' in state ? state.version : null;
  return (
    <div class="add-model">
      <p>
        <Link href="/models">{t.modelList.all}</Link>
      </p>
      <div class="view-head">
        <Heading key={version ? state.phase : 'files'}>
          {version ? `${version.model}@${version.version}` : t.models.add}
        </Heading>
      </div>
      {!version && <p class="lead">{t.addModel.lead}</p>}
      {error !== null && <ErrorNotice error={error} scopes={WRITE_SCOPES} />}
      <Progress draft={draft} />
      {/* Kept while files are sent, so that they are still there when it fails. */}
      {!version && <ChooseFiles sending={state.phase === 'sending'} onSend={draft.send} />}
      {state.phase === 'rejected' && <Rejected reason={state.version.reason} />}
      {(state.phase === 'understood' || state.phase === 'rejected') && (
        <>
          <Understood key={state.version.id} draft={draft} version={state.version} />
          {state.phase === 'understood' && <TryOut version={state.version} />}
          {state.phase === 'understood' && <Publish version={state.version} draft={draft} />}
        </>
      )}
      {state.phase === 'published' && <Published model={state.version.model} label={state.label} />}
    </div>
  );
}

function Progress({ draft: { state, stop } }: { readonly draft: Draft }) {
  const t = useTexts();
  const { percentText, value } = progressOf(state);
  return (
    <div role="status">
      {(state.phase === 'sending' || state.phase === 'checking') && (
        <div class="draft-progress">
          <p>{state.phase === 'sending' ? t.addModel.sending(percentText) : t.addModel.checking}</p>
          <progress value={value} aria-label={t.models.add} />
          {state.phase === 'sending' && (
            <button type="button" class="quiet" onClick={stop}>
              {t.addModel.cancel}
            </button>
          )}
        </div>
      )}
    </div>
  );
}

/** @returns no value while nobody knows how long it takes */
function progressOf(state: Draft['state']): { percentText: string; value: number | undefined } {
  if (state.phase !== 'sending') return { percentText: '', value: undefined };
  return { percentText: `${Math.round(state.progress * 100)} %`, value: state.progress };
}

function Rejected({ reason }: { readonly reason: string | null }) {
  const t = useTexts();
  return (
    <div class="notice bad" role="alert">
      <h2>{t.addModel.rejected}</h2>
      <p lang="en">{reason}</p>
    </div>
  );
}

function Published({ model, label }: { readonly model: string; readonly label: string }) {
  const t = useTexts();
  const { reload } = useModels();
  const predict = () => {
    chosenModel.value = model;
    reload();
    navigate('/');
  };
  return (
    <div class="notice good" role="status">
      <p>{t.addModel.published(model, label)}</p>
      <div class="buttons">
        <button type="button" class="primary" onClick={predict}>
          {t.addModel.predict}
        </button>
        <Link class="button" href={modelAddress(model)}>
          {t.addModel.page}
        </Link>
      </div>
    </div>
  );
}
