/** One image after the other gets its class, by a number key or a button. */
import { useEffect, useLayoutEffect, useState } from 'preact/hooks';
import type { DatasetView } from '../client/datasets.js';
import { isPublished, useModels } from '../client/models.js';
import { type Action, useAction } from '../client/use-action.js';
import { announce } from '../parts/announcer.js';
import { useImageUrl } from '../parts/image-url.js';
import { ErrorNotice } from '../parts/notice.js';
import { TRAINING_SCOPES } from '../parts/train-tabs.js';
import { useValue } from '../state/observable.js';
import { key as accessKey } from '../state/settings.js';
import { count, percent, useTexts } from '../texts/training.js';
import { type Candidate, loadCandidates } from './candidates.js';
import { ClassDialog } from './class-dialog.js';

interface Props {
  readonly dataset: DatasetView;
  /** Called when the data set holds something else. */
  readonly onChanged: () => void;
}

interface Queue {
  /** Null while they load. */
  readonly waiting: readonly Candidate[] | null;
  /** Takes back what was done last, and the image that it was done to. */
  readonly last: { readonly candidate: Candidate; readonly undo: (() => Promise<void>) | null } | null;
}

function useQueue(dataset: string, model: string | null | undefined, { run }: Action) {
  const [queue, setQueue] = useState<Queue>({ waiting: null, last: null });
  const withKey = useValue(accessKey);
  useEffect(() => {
    if (model === undefined) return;
    const stop = new AbortController();
    setQueue({ waiting: null, last: null });
    run(async () => {
      const waiting = await loadCandidates(dataset, model, stop.signal).catch((error: unknown) => {
        if (stop.signal.aborted) return null;
        throw error;
      });
      if (waiting) setQueue({ waiting, last: null });
    });
    return () => stop.abort();
  }, [dataset, model, withKey]);
  const next = (last: Queue['last']) =>
    setQueue(({ waiting }) => ({ waiting: waiting?.slice(1) ?? null, last }));
  const back = () =>
    setQueue(({ waiting, last }) =>
      last ? { waiting: [last.candidate, ...(waiting ?? [])], last: null } : { waiting, last },
    );
  return { ...queue, next, back };
}

export function LabelNext({ dataset, onChanged }: Props) {
  const t = useTexts();
  const words = t.datasets.labelNext;
  const { models } = useModels();
  const classifiers = models?.filter((model) => model.task === 'classification' && isPublished(model)) ?? [];
  const unlabelled = dataset.classes.find((one) => one.class === null)?.items ?? 0;
  const [asked, setAsked] = useState<string | null | undefined>(unlabelled > 0 ? null : undefined);
  const source = asked === undefined ? (closest(classifiers, dataset) ?? (models ? null : undefined)) : asked;
  const action = useAction();
  const { waiting, last, next, back } = useQueue(dataset.id, source, action);
  const [naming, setNaming] = useState(false);
  const classes = dataset.classes.flatMap((one) => (one.class === null ? [] : [one.class]));
  const candidate = waiting?.[0];
  const label = (name: string) => {
    if (!candidate || action.busy) return;
    action.run(async () => {
      next({ candidate, undo: await candidate.label(name) });
      announce(name);
      onChanged();
    });
  };
  const undo = () => {
    if (!last || action.busy) return;
    action.run(async () => {
      await last.undo?.();
      back();
      onChanged();
    });
  };
  const skip = () => candidate && next({ candidate, undo: null });
  useKeys({ classes, label, undo, skip, other: () => candidate && setNaming(true) });
  return (
    <section class="label-next" aria-label={words.tab}>
      <label class="field label-source">
        <span>{words.source}</span>
        <select
          value={source ?? ''}
          onChange={({ currentTarget: { value } }) => setAsked(value === '' ? null : value)}
        >
          <option value="">{words.unlabelled(count(unlabelled))}</option>
          {classifiers.map(({ name }) => (
            <option key={name} value={name}>
              {words.unsureOf(name)}
            </option>
          ))}
        </select>
      </label>
      {action.error !== null && <ErrorNotice error={action.error} scopes={TRAINING_SCOPES} />}
      {waiting === null && action.error === null && <p class="quiet-text">{t.common.loading}</p>}
      {waiting?.length === 0 && <p class="empty">{words.none}</p>}
      {candidate && (
        <div class="label-body">
          <Image key={candidate.id} path={candidate.path} />
          <div class="label-choices">
            <Answers candidate={candidate} />
            <ul class="label-classes">
              {classes.map((name, index) => (
                <li key={name}>
                  <button type="button" disabled={action.busy} onClick={() => label(name)}>
                    {index < 10 && (
                      <span class="key" aria-hidden="true">
                        {(index + 1) % 10}
                      </span>
                    )}
                    <span>{name}</span>
                  </button>
                </li>
              ))}
            </ul>
            <div class="field-row">
              <button type="button" onClick={() => setNaming(true)}>
                {words.other}
              </button>
              <button type="button" onClick={skip}>
                {words.skip}
              </button>
            </div>
            <p class="quiet-text">{words.help}</p>
          </div>
        </div>
      )}
      <div class="label-foot">
        {waiting && <span class="quiet-text figures">{words.left(count(waiting.length))}</span>}
        {last && (
          <button type="button" class="quiet" disabled={action.busy} onClick={undo}>
            {t.datasets.undo}
          </button>
        )}
      </div>
      {naming && (
        <ClassDialog
          images={1}
          classes={classes}
          onClose={() => setNaming(false)}
          onChoose={(name) => {
            setNaming(false);
            if (name === null) skip();
            else label(name);
          }}
        />
      )}
    </section>
  );
}

/** The model whose classes are most like those of the data set; undefined while none is known. */
function closest(
  models: readonly { readonly name: string; readonly labels: readonly string[] }[],
  { classes }: DatasetView,
): string | undefined {
  const wanted = new Set(classes.map((one) => one.class));
  const shared = (labels: readonly string[]) =>
    labels.filter((label) => wanted.has(label)).length / labels.length;
  return [...models].sort((a, b) => shared(b.labels) - shared(a.labels))[0]?.name;
}

interface Keys {
  readonly classes: readonly string[];
  readonly label: (name: string) => void;
  readonly undo: () => void;
  readonly skip: () => void;
  readonly other: () => void;
}

/** Keys mean this wherever the focus is, but in fields and dialogs. */
function useKeys({ classes, label, undo, skip, other }: Keys): void {
  // With what is shown, and not a frame later: the next key may come before that.
  useLayoutEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const inField = (event.target as Element).closest('input, select, textarea, dialog') !== null;
      if (inField || event.ctrlKey || event.metaKey || event.altKey) return;
      const name = /^\d$/.test(event.key) ? classes[(Number(event.key) + 9) % 10] : undefined;
      if (name !== undefined) label(name);
      else if (event.key === 's') skip();
      else if (event.key === 'c') other();
      else if (event.key === 'Backspace') undo();
      else return;
      event.preventDefault();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  });
}

function Answers({ candidate: { answers } }: { readonly candidate: Candidate }) {
  const t = useTexts();
  if (answers.length === 0) return null;
  const said = answers.slice(0, 3).map(({ name, confidence }) => `${name} (${percent(confidence, 0)})`);
  return <p class="figures">{t.datasets.labelNext.answered(said.join(', '))}</p>;
}

function Image({ path }: { readonly path: string }) {
  const t = useTexts();
  const [small, setSmall] = useState(false);
  // An image that the browser cannot read is shown from the server's smaller copy.
  const image = useImageUrl(small ? path.replace(/image$/, 'thumbnail') : path);
  return (
    <div class="item-large label-image">
      {image.url && <img src={image.url} alt={t.datasets.labelNext.image} onError={() => setSmall(true)} />}
    </div>
  );
}
