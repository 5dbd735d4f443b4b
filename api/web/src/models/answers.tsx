/** What versions answered lately, side by side: how often each class, and how sure they were. */
import type { VersionAnswers } from '@scry/shared/contracts/version-answers';
import { useEffect } from 'preact/hooks';
import { useLoad } from '../client/use-load.js';
import { type ListedVersion, versionPath } from '../client/versions.js';
import { count, percent, useTexts } from '../texts/models.js';
import { Swatch } from './class-chips.js';

/** Versions that are compared. */
const MOST_VERSIONS = 4;
const MOST_CLASSES = 8;

interface Props {
  readonly versions: readonly ListedVersion[];
  readonly colors: Readonly<Record<string, string>>;
}

export function AnswersOfVersions({ versions, colors }: Props) {
  const t = useTexts();
  const ready = versions.filter(({ state }) => state === 'ready' || state === 'retired');
  const compared = [...ready].sort((a, b) => b.labels.length - a.labels.length).slice(0, MOST_VERSIONS);
  if (compared.length === 0) return null;
  return (
    <section class="panel" aria-labelledby="answers-title">
      <h2 id="answers-title">{t.answers.title}</h2>
      <div class="compared">
        {compared.map((version) => (
          <Answers key={version.version} version={version} colors={colors} />
        ))}
      </div>
    </section>
  );
}

function Answers({ version: one, colors }: { readonly version: ListedVersion } & Pick<Props, 'colors'>) {
  const t = useTexts();
  const { model, version, labels } = one;
  const { data, reload } = useLoad<VersionAnswers>(`${versionPath(model, version)}/answers`);
  // Versions are asked for now and then, and their answers with them.
  useEffect(reload, [one]);
  return (
    <section class="version-answers" aria-label={t.versions.name(version)}>
      <h3>
        {t.versions.name(version)}{' '}
        {labels.map((label) => (
          <span key={label} class="badge">
            {label}
          </span>
        ))}
      </h3>
      {data?.predictions === 0 && <p class="quiet-text">{t.answers.none}</p>}
      {data && data.predictions > 0 && (
        <>
          <p class="quiet-text">{t.answers.of(count(data.predictions))}</p>
          <Histogram counts={data.confidences} />
          <Classes classes={data.classes} colors={colors} order={labelsOf(one)} />
        </>
      )}
    </section>
  );
}

const labelsOf = ({ manifest }: ListedVersion): readonly string[] =>
  Array.isArray(manifest.labels) ? (manifest.labels as string[]) : [];

/** Ten columns, one for each tenth of confidence. */
function Histogram({ counts }: { readonly counts: readonly number[] }) {
  const t = useTexts();
  const most = Math.max(1, ...counts);
  return (
    <figure class="histogram">
      <figcaption class="quiet-text">{t.answers.confidences}</figcaption>
      <ol>
        {counts.map((times, tenth) => (
          <li
            key={tenth}
            title={t.answers.tenth(percent(tenth / 10, 0), percent((tenth + 1) / 10, 0), count(times))}
          >
            <span class="column" style={{ height: `${(times / most) * 100}%` }} aria-hidden="true" />
            <span class="visually-hidden">
              {t.answers.tenth(percent(tenth / 10, 0), percent((tenth + 1) / 10, 0), count(times))}
            </span>
          </li>
        ))}
      </ol>
      <p class="histogram-axis quiet-text" aria-hidden="true">
        <span>{percent(0, 0)}</span>
        <span>{percent(0.5, 0)}</span>
        <span>{percent(1, 0)}</span>
      </p>
    </figure>
  );
}

interface ClassesProps extends Pick<Props, 'colors'> {
  readonly classes: VersionAnswers['classes'];
  /** Labels by number, for the colors. */
  readonly order: readonly string[];
}

function Classes({ classes, colors, order }: ClassesProps) {
  const t = useTexts();
  const all = classes.reduce((sum, one) => sum + one.count, 0);
  const shown = classes.slice(0, MOST_CLASSES);
  return (
    <>
      <ol class="class-counts" aria-label={t.answers.classes}>
        {shown.map(({ label, count: times }) => (
          <li key={label}>
            <span class="class-name">
              <Swatch label={label} index={Math.max(0, order.indexOf(label))} colors={colors} />
              {label}
            </span>
            <span class="figures">{count(times)}</span>
            <span class="bar" aria-hidden="true">
              <span style={{ width: `${(times / all) * 100}%` }} />
            </span>
          </li>
        ))}
      </ol>
      {classes.length > shown.length && (
        <p class="quiet-text">{t.models.moreLabels(classes.length - shown.length)}</p>
      )}
    </>
  );
}
