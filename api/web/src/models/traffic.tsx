/** Which versions answer a model's bare name, and with which share; trying a canary, promoting it, going back. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { useAction } from '../client/use-action.js';
import {
  endLabel,
  type LabelView,
  type ListedVersion,
  promote,
  rollBack,
  setLabel,
  WRITE_SCOPES,
} from '../client/versions.js';
import { announce } from '../parts/announcer.js';
import { ErrorNotice } from '../parts/notice.js';
import { percent, useTexts } from '../texts/models.js';
import { ShareSlider } from './share-slider.js';
import { useRefocus } from './use-refocus.js';

interface Props {
  readonly name: string;
  readonly versions: readonly ListedVersion[];
  readonly labels: readonly LabelView[];
  readonly onChanged: () => void;
}

export function Traffic({ name, versions, labels, onChanged }: Props) {
  const t = useTexts();
  const action = useAction();
  const stable = labels.find(({ label }) => label === 'stable');
  const others = labels.filter(({ label }) => label !== 'stable');
  const rest = 100 - others.reduce((sum, { weight }) => sum + weight, 0);
  const told = labels.map(({ label, version, weight }) => `${label} ${version} ${weight}`).join(', ');
  const { heading, acted } = useRefocus(told);
  const run = (task: () => Promise<unknown>) =>
    action.run(async () => {
      await task();
      acted.current = true;
      onChanged();
    });
  const first = useRef(true);
  // Who answers now is said to those who do not see it.
  useEffect(() => {
    if (!first.current)
      announce(labels.map(({ label, version }) => `${label}: ${t.versions.name(version)}`).join(', '));
    first.current = false;
  }, [told]);
  const back = versions.find(({ version, state }) => version === stable?.previous && state === 'ready');
  return (
    <section class="panel traffic" aria-labelledby="traffic-title">
      <h2 id="traffic-title" ref={heading} tabIndex={-1}>
        {t.traffic.title}
      </h2>
      <p class="quiet-text">{stable ? t.traffic.help(name) : t.traffic.none(name)}</p>
      {stable && (
        <ul class="shares">
          <Share label="stable" version={stable.version} share={rest} />
          {others.map(({ label, version, weight }) => (
            <Share key={label} label={label} version={version} share={weight} />
          ))}
        </ul>
      )}
      {others.map((label) => (
        <Trial key={label.label} name={name} trial={label} busy={action.busy} run={run} />
      ))}
      {back && stable && (
        <button
          type="button"
          class="roll-back"
          disabled={action.busy}
          onClick={() => run(() => rollBack(name, 'stable'))}
        >
          {t.traffic.rollBack(back.version)}
        </button>
      )}
      {action.error !== null && <ErrorNotice error={action.error} scopes={WRITE_SCOPES} />}
    </section>
  );
}

interface ShareProps {
  readonly label: string;
  readonly version: string;
  /** Percent. */
  readonly share: number;
}

function Share({ label, version, share }: ShareProps) {
  const t = useTexts();
  return (
    <li class={label === 'stable' ? 'stable' : ''}>
      <span>
        <strong>{label}</strong> {t.versions.name(version)}
      </span>
      <span class="figures">{percent(share / 100, 0)}</span>
      <span class="bar" aria-hidden="true">
        <span style={{ width: `${share}%` }} />
      </span>
    </li>
  );
}

interface TrialProps {
  readonly name: string;
  readonly trial: LabelView;
  readonly busy: boolean;
  readonly run: (task: () => Promise<unknown>) => void;
}

/** What can be done with a version that is being tried. */
function Trial({ name, trial: { label, version, weight }, busy, run }: TrialProps) {
  const t = useTexts();
  const [share, setShare] = useState(weight);
  // Somebody else may have moved it.
  useEffect(() => setShare(weight), [weight]);
  return (
    <div class="trial">
      <ShareSlider label={t.traffic.canaryShare} min={0} share={share} onShare={setShare} />
      <div class="buttons">
        <button
          type="button"
          disabled={busy || share === weight}
          onClick={() => run(() => setLabel(name, label, version, share))}
        >
          {t.traffic.apply}
        </button>
        <button type="button" class="primary" disabled={busy} onClick={() => run(() => promote(name, label))}>
          {t.traffic.promote}
        </button>
        <button type="button" class="quiet" disabled={busy} onClick={() => run(() => endLabel(name, label))}>
          {t.traffic.end}
        </button>
      </div>
    </div>
  );
}
