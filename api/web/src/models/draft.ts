/**
 * A model that is being added. Owns its upload and what is known of the version that it became:
 *
 *     choosing ──▶ sending ──▶ checking ──▶ understood ──▶ published
 *        ▲            │            └──────▶ rejected
 *        └────────────┴ given up             (both ──▶ checking, with other settings)
 *
 * The version is in the address, so that a reload goes on with it.
 */
import { useEffect, useRef, useState } from 'preact/hooks';
import { getJson, RequestFailed } from '../client/http.js';
import { backoff, pause } from '../client/pause.js';
import { sendForm } from '../client/send-form.js';
import {
  removeVersion,
  requireWriting,
  revise,
  setLabel,
  type VersionNote,
  type VersionView,
  versionPath,
} from '../client/versions.js';
import { setSearch } from '../routing/router.js';
import { useValue } from '../state/observable.js';
import { key } from '../state/settings.js';
import { draftAddress } from './addresses.js';
import { modelForm } from './model-files.js';

export type DraftState =
  | { readonly phase: 'choosing' }
  /** `progress`: how much has left this computer, 0 to 1. */
  | { readonly phase: 'sending'; readonly progress: number }
  | { readonly phase: 'checking'; readonly version: VersionView }
  | { readonly phase: 'understood' | 'rejected'; readonly version: VersionView }
  | { readonly phase: 'published'; readonly version: VersionView; readonly label: string };

const AGAIN_MS = 1000;

/** Waits until a version is checked. @throws RequestFailed, AbortError */
async function checked(version: VersionView, signal: AbortSignal): Promise<VersionView> {
  const path = versionPath(version.model, version.version);
  let now = version;
  for (let failures = 0; now.state === 'checking'; ) {
    await pause(failures > 0 ? backoff(failures) : AGAIN_MS, signal);
    signal.throwIfAborted();
    try {
      now = await getJson<VersionView>(path, signal);
      failures = 0;
    } catch (error) {
      if (!(error instanceof RequestFailed && error.canPass)) throw error;
      failures += 1;
    }
  }
  return now;
}

export interface Draft {
  readonly state: DraftState;
  readonly error: unknown;
  /** Why fields are as they are, also those that an earlier version of this draft was told. */
  readonly reasons: ReadonlyMap<string, string>;
  send(files: readonly File[], name: string): void;
  stop(): void;
  /** @param byPerson fields that are now as the person says */
  change(manifest: object, byPerson: readonly string[], reason: string): void;
  publish(label: string, weight: number): void;
  discard(): void;
}

const reasonsOf = (notes: readonly VersionNote[]) =>
  notes.map(({ field, reason }) => [field, reason] as const);

export function useDraft(): Draft {
  const [state, setState] = useState<DraftState>({ phase: 'choosing' });
  const [error, setError] = useState<unknown>(null);
  const [reasons, setReasons] = useState<ReadonlyMap<string, string>>(new Map());
  const running = useRef(new AbortController());

  /** Runs one thing at a time; what was under way is broken off. @param onFailure the state to go back to */
  const run = (task: (signal: AbortSignal) => Promise<void>, onFailure: DraftState) => {
    running.current.abort();
    const stop = new AbortController();
    running.current = stop;
    setError(null);
    task(stop.signal).catch((failure: unknown) => {
      if (stop.signal.aborted) return;
      setState(onFailure);
      setError(failure);
    });
  };

  const follow = async (version: VersionView, signal: AbortSignal) => {
    setState({ phase: 'checking', version });
    setSearch(draftAddress(version.model, version.version).replace(/^[^?]*/, ''));
    const now = await checked(version, signal);
    setReasons((before) => new Map([...before, ...reasonsOf(now.notes)]));
    setState({ phase: now.state === 'ready' ? 'understood' : 'rejected', version: now });
  };

  const withKey = useValue(key);
  // Another key may be allowed to do it.
  useEffect(() => setError(null), [withKey]);

  useEffect(() => {
    const query = new URLSearchParams(location.search);
    const [model, version] = [query.get('model'), query.get('version')];
    if (model && version)
      run(async (signal) => follow(await getJson(versionPath(model, version), signal), signal), {
        phase: 'choosing',
      });
    return () => running.current.abort();
  }, []);

  const version = 'version' in state ? state.version : null;
  return {
    state,
    error,
    reasons,
    send: (files, name) =>
      run(
        async (signal) => {
          setState({ phase: 'sending', progress: 0 });
          await requireWriting();
          const onProgress = (progress: number) => setState({ phase: 'sending', progress });
          const form = modelForm(files, name);
          const sending = { method: 'POST', path: '/v1/models', form, onProgress, signal } as const;
          setReasons(new Map());
          await follow(await sendForm<VersionView>(sending), signal);
        },
        { phase: 'choosing' },
      ),
    stop: () => {
      running.current.abort();
      setSearch('');
      setError(null);
      setState({ phase: 'choosing' });
    },
    change: (manifest, byPerson, reason) => {
      if (!version) return;
      run(async (signal) => {
        const next = await revise(version.model, version.version, manifest);
        setReasons((before) => new Map([...before, ...byPerson.map((field) => [field, reason] as const)]));
        // The draft before is nobody's any more; one that has a label, or came from elsewhere, stays.
        if (version.labels.length === 0 && version.source === 'upload' && next.version !== version.version)
          await removeVersion(version.model, version.version).catch(() => undefined); // it can be deleted on its model's page
        await follow(next, signal);
      }, state);
    },
    publish: (label, weight) => {
      if (!version) return;
      run(async () => {
        await setLabel(version.model, label, version.version, weight);
        setState({ phase: 'published', version, label });
      }, state);
    },
    discard: () => {
      if (!version) return;
      run(async () => {
        await removeVersion(version.model, version.version);
        setSearch('');
        setState({ phase: 'choosing' });
      }, state);
    },
  };
}
