/** Two answers side by side: about the same image by other models or settings, or about two images. */
import type { PredictionView } from '@scry/shared/contracts/prediction';
import type { Answer } from '@scry/shared/tasks/answer';
import type { ComponentChildren } from 'preact';
import { sentenceFor } from '../client/failure.js';
import { usePrediction } from '../client/use-prediction.js';
import { Heading } from '../parts/heading.js';
import { stateOf } from '../parts/item-state.js';
import { compared, compareWith } from '../state/comparison.js';
import { useValue } from '../state/observable.js';
import { type Item, items } from '../state/uploads.js';
import '../styles/compare.css';
import { count, percent, useTexts } from '../texts/index.js';
import { classLines, isCounted } from './class-lines.js';
import { useContent } from './content.js';
import { PredictionStage } from './prediction-stage.js';
import { Unanswered } from './unanswered.js';
import { Verdict } from './verdict.js';

/** Classes shown in the table. */
const SHOWN = 12;

const heading = (words: ComponentChildren) => <h2 class="verdict-name">{words}</h2>;

const titleOf = ({ name, prediction }: Item): string =>
  prediction ? `${name} · ${prediction.model.name}@${prediction.model.version}` : name;

interface ChooserProps {
  readonly label: string;
  readonly id: string;
  readonly onChoose: (id: string) => void;
}

/** Any image of the list may stand on either side. */
function Chooser({ label, id, onChoose }: ChooserProps) {
  const all = useValue(items);
  return (
    <label class="field">
      <span>{label}</span>
      <select value={id} onChange={(event) => onChoose(event.currentTarget.value)}>
        {!all.some((item) => item.id === id) && <option value={id}>{id}</option>}
        {all.map((item) => (
          <option key={item.key} value={item.id}>
            {titleOf(item)}
          </option>
        ))}
      </select>
    </label>
  );
}

interface AnsweredProps {
  readonly prediction: PredictionView;
  readonly name: string;
  readonly localUrl: string | undefined;
}

function Answered({ prediction, name, localUrl }: AnsweredProps) {
  const content = useContent(prediction, localUrl);
  const { view, shown } = content;
  return (
    <>
      <PredictionStage prediction={prediction} name={name} content={content} />
      {prediction.status === 'succeeded' ? (
        <>
          <Verdict view={view} shown={shown} heading={heading} />
          {view.answer(shown)}
        </>
      ) : (
        <Unanswered prediction={prediction} heading={heading} />
      )}
    </>
  );
}

function Unsent({ item }: { readonly item: Item }) {
  const t = useTexts();
  return (
    <div class={item.phase === 'refused' ? 'notice bad' : 'notice'} role="status">
      {heading(stateOf(item, t))}
      {item.error && <p>{sentenceFor(item.error, t)}</p>}
    </div>
  );
}

function Table({ left, right }: { readonly left: readonly Answer[]; readonly right: readonly Answer[] }) {
  const t = useTexts();
  const written = (value: number | null, counted: boolean) => {
    if (value === null) return t.compare.none;
    return counted ? count(value) : percent(value);
  };
  return (
    <table class="compare-table">
      <caption>{t.compare.table}</caption>
      <thead>
        <tr>
          <th scope="col">{t.compare.class}</th>
          <th scope="col">{t.compare.left}</th>
          <th scope="col">{t.compare.right}</th>
        </tr>
      </thead>
      <tbody>
        {classLines(left, right)
          .slice(0, SHOWN)
          .map((line) => (
            <tr key={line.name}>
              <th scope="row">{line.name}</th>
              <td class="figures">{written(line.left, isCounted(left))}</td>
              <td class="figures">{written(line.right, isCounted(right))}</td>
            </tr>
          ))}
      </tbody>
    </table>
  );
}

interface Props {
  /** On the right. */
  readonly item: Item;
  /** The prediction on the left. */
  readonly other: string;
}

/** The prediction on the left: of the list, or loaded. */
function Left({ id, listed }: { readonly id: string; readonly listed: Item | undefined }) {
  const t = useTexts();
  const loaded = usePrediction(listed ? null : id);
  const prediction = listed?.prediction ?? loaded.prediction;
  if (loaded.error !== null && !listed) return <p class="notice bad">{sentenceFor(loaded.error, t)}</p>;
  if (!prediction) return listed ? <Unsent item={listed} /> : <p class="quiet-text">{t.common.loading}</p>;
  return <Answered prediction={prediction} name={listed?.name ?? id} localUrl={listed?.url ?? undefined} />;
}

function Right({ item }: { readonly item: Item }) {
  if (!item.prediction || item.phase === 'refused') return <Unsent item={item} />;
  return <Answered prediction={item.prediction} name={item.name} localUrl={item.url ?? undefined} />;
}

export function Compare({ item, other }: Props) {
  const t = useTexts();
  const all = useValue(items);
  const listed = all.find(({ id }) => id === other);
  const chooseRight = (id: string) => {
    const chosen = all.find((one) => one.id === id);
    if (chosen) compareWith(chosen.key, other);
  };
  const chooseLeft = (id: string) => {
    compared.value = id;
  };
  const [left, right] = [listed?.prediction?.output, item.prediction?.output];
  return (
    <div class="compare">
      <header>
        <Heading>{t.compare.title}</Heading>
        <button type="button" onClick={() => compareWith(item.key, null)}>
          {t.compare.close}
        </button>
      </header>
      <section class="side" aria-label={t.compare.left}>
        <Chooser label={t.compare.left} id={other} onChoose={chooseLeft} />
        <Left key={other} id={other} listed={listed} />
      </section>
      <section class="side" aria-label={t.compare.right}>
        <Chooser label={t.compare.right} id={item.id} onChoose={chooseRight} />
        <Right key={item.key} item={item} />
      </section>
      {left && right && <Table left={left.predictions} right={right.predictions} />}
    </div>
  );
}
