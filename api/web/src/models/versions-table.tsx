/** All versions of a model side by side, with what can be done with each. */
import { useState } from 'preact/hooks';
import { useAction } from '../client/use-action.js';
import {
  type LabelView,
  type ListedVersion,
  removeVersion,
  retire,
  setLabel,
  versionPath,
  WRITE_SCOPES,
} from '../client/versions.js';
import { ConfirmDialog } from '../parts/dialog.js';
import { download } from '../parts/image-url.js';
import { ErrorNotice } from '../parts/notice.js';
import { navigate } from '../routing/router.js';
import { bytes, count, dateTime, duration, percent, useTexts } from '../texts/models.js';
import { draftAddress } from './addresses.js';
import { useRefocus } from './use-refocus.js';

interface Props {
  readonly name: string;
  readonly versions: readonly ListedVersion[];
  readonly labels: readonly LabelView[];
  readonly onChanged: () => void;
}

/** Percent of the traffic that a version begins to be tried with. */
const FIRST_SHARE = 10;
const COLUMNS = 11;

export function VersionsTable({ name, versions, labels, onChanged }: Props) {
  const t = useTexts();
  const action = useAction();
  const { heading, acted } = useRefocus(versions);
  const [removing, setRemoving] = useState<ListedVersion | null>(null);
  const head = t.versions.head;
  const run = (task: () => Promise<unknown>) =>
    action.run(async () => {
      await task();
      acted.current = true;
      onChanged();
    });
  return (
    <div class="panel">
      <h2 id="versions-title" ref={heading} tabIndex={-1}>
        {t.versions.title}
      </h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: on a small screen it scrolls, and keys must reach it */}
      <section class="table-scroll" tabIndex={0} aria-labelledby="versions-title">
        <table class="versions-table">
          <thead>
            <tr>
              {[
                head.version,
                head.state,
                head.answers,
                head.succeeded,
                head.failed,
                head.median,
                head.p95,
              ].map((text) => (
                <th scope="col" key={text}>
                  {text}
                </th>
              ))}
              {[head.wrong, head.size, head.created, head.actions].map((text) => (
                <th scope="col" key={text}>
                  {text}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {versions.map((version) => (
              <Row
                key={version.version}
                version={version}
                labels={labels}
                busy={action.busy}
                run={run}
                onRemove={() => setRemoving(version)}
              />
            ))}
          </tbody>
        </table>
      </section>
      <p class="quiet-text">{t.versions.figures}</p>
      {action.error !== null && <ErrorNotice error={action.error} scopes={WRITE_SCOPES} />}
      {removing && (
        <ConfirmDialog
          title={t.versions.removeTitle(removing.version)}
          help={`${t.versions.removeHelp}${removing.source === 'folder' ? ` ${t.versions.folderHelp}` : ''}`}
          confirm={t.versions.confirm}
          cancel={t.versions.cancel}
          onConfirm={() => {
            setRemoving(null);
            run(() => removeVersion(name, removing.version));
          }}
          onClose={() => setRemoving(null)}
        />
      )}
    </div>
  );
}

interface RowProps {
  readonly version: ListedVersion;
  readonly labels: readonly LabelView[];
  readonly busy: boolean;
  readonly run: (task: () => Promise<unknown>) => void;
  readonly onRemove: () => void;
}

function Row({ version: one, labels, busy, run, onRemove }: RowProps) {
  const t = useTexts();
  const head = t.versions.head;
  const { version, state, reason, statistics } = one;
  const [open, setOpen] = useState(false);
  const time = (ms: number | null | undefined) => (ms === null || ms === undefined ? '–' : duration(ms));
  const wrong = statistics?.reported_wrong_share;
  const row = (
    <tr class={open ? 'open' : ''}>
      <th scope="row">
        {version}
        <span class="quiet-text version-source">{t.versions.source[one.source]}</span>
      </th>
      <td>
        <span class={`state ${state}`}>{t.versions.state[state]}</span>
        {reason && (
          <span class="version-reason" lang="en">
            {reason}
          </span>
        )}
      </td>
      <td>
        {one.labels.map((label) => (
          <span key={label} class="badge">
            {label} {shareOf(label, labels)}
          </span>
        ))}
      </td>
      <td class="figures">{statistics ? count(statistics.succeeded) : '–'}</td>
      <td class="figures">{statistics ? count(statistics.failed) : '–'}</td>
      <td class="figures">{time(statistics?.total.median_ms)}</td>
      <td class="figures">{time(statistics?.total.p95_ms)}</td>
      <td class="figures">{wrong === null || wrong === undefined ? '–' : percent(wrong, 1)}</td>
      <td class="figures">{bytes(one.bytes)}</td>
      <td>{dateTime(one.created_at)}</td>
      <td>
        <button
          type="button"
          class="quiet"
          aria-expanded={open}
          aria-label={t.versions.actionsOf(version)}
          onClick={() => setOpen(!open)}
        >
          {head.actions}
        </button>
      </td>
    </tr>
  );
  if (!open) return row;
  return (
    <>
      {row}
      <tr class="action-row">
        <td colSpan={COLUMNS}>
          <Actions version={one} busy={busy} run={run} onRemove={onRemove} />
        </td>
      </tr>
    </>
  );
}

function shareOf(label: string, labels: readonly LabelView[]): string {
  const others = labels.filter((one) => one.label !== 'stable');
  const taken = others.reduce((sum, { weight }) => sum + weight, 0);
  const weight = label === 'stable' ? 100 - taken : others.find((one) => one.label === label)?.weight;
  return percent((weight ?? 0) / 100, 0);
}

type ActionsProps = Omit<RowProps, 'labels'>;

function Actions({ version: one, busy, run, onRemove }: ActionsProps) {
  const t = useTexts();
  const { model, version, state, labels } = one;
  const ready = state === 'ready';
  const unlabelled = ready && labels.length === 0;
  const file = `${model}-${version}.zip`;
  return (
    <div class="buttons">
      {ready && !labels.includes('stable') && (
        <Item
          busy={busy}
          text={t.versions.makeStable}
          act={() => run(() => setLabel(model, 'stable', version))}
        />
      )}
      {unlabelled && (
        <Item
          busy={busy}
          text={t.versions.tryCanary}
          act={() => run(() => setLabel(model, 'canary', version, FIRST_SHARE))}
        />
      )}
      {(ready || state === 'rejected') && (
        <Item busy={busy} text={t.versions.adjust} act={() => navigate(draftAddress(model, version))} />
      )}
      <Item
        busy={busy}
        text={t.versions.download}
        act={() => run(() => download(`${versionPath(model, version)}/file`, file, 'application/zip'))}
      />
      {unlabelled && (
        <Item busy={busy} text={t.versions.retire} act={() => run(() => retire(model, version))} />
      )}
      {!labels.includes('stable') && <Item busy={busy} text={t.versions.remove} act={onRemove} />}
    </div>
  );
}

function Item({
  busy,
  text,
  act,
}: {
  readonly busy: boolean;
  readonly text: string;
  readonly act: () => void;
}) {
  return (
    <button type="button" aria-disabled={busy} onClick={() => !busy && act()}>
      {text}
    </button>
  );
}
