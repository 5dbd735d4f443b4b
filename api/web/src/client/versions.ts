/** The API's calls about versions of models. */
import type { LabelView, ListedVersion, VersionNote, VersionView } from '@scry/shared/contracts/version';
import { postJson, RequestFailed, request, sendJson } from './http.js';

export type { LabelView, ListedVersion, VersionNote, VersionView };

/** What a key needs for changing models. */
export const WRITE_SCOPES = 'models:write,predict,read';

export const modelPath = (name: string): string => `/v1/models/${encodeURIComponent(name)}`;
export const versionPath = (name: string, version: string): string =>
  `${modelPath(name)}/versions/${encodeURIComponent(version)}`;
const labelPath = (name: string, label: string) => `${modelPath(name)}/labels/${encodeURIComponent(label)}`;

/** @param weight percent of the traffic, for every label but "stable" */
export const setLabel = (name: string, label: string, version: string, weight = 0): Promise<LabelView> =>
  sendJson('PUT', labelPath(name, label), { version, weight });

export const promote = (name: string, label: string): Promise<LabelView> =>
  postJson(`${labelPath(name, label)}/promote`, {});

export const rollBack = (name: string, label: string): Promise<LabelView> =>
  postJson(`${labelPath(name, label)}/rollback`, {});

export async function endLabel(name: string, label: string): Promise<void> {
  await request(labelPath(name, label), { method: 'DELETE' });
}

export const retire = (name: string, version: string): Promise<VersionView> =>
  postJson(`${versionPath(name, version)}/retire`, {});

/** The same files with other settings. @param manifest fields to change; null takes one out */
export const revise = (name: string, version: string, manifest: object): Promise<VersionView> =>
  postJson(`${versionPath(name, version)}/revise`, { manifest });

export async function removeVersion(name: string, version: string): Promise<void> {
  await request(versionPath(name, version), { method: 'DELETE' });
}

/** Deletes a model with all its versions. @throws RequestFailed while predictions wait for one of them */
export async function removeModel(name: string): Promise<void> {
  await request(modelPath(name), { method: 'DELETE' });
}

/** Asks whether this key may add models, before a large file is sent in vain. @throws RequestFailed when it may not */
export async function requireWriting(): Promise<void> {
  try {
    await request('/v1/models', { method: 'POST' });
  } catch (error) {
    // Whoever may is told only that a form is missing.
    if (!(error instanceof RequestFailed && error.report.name === 'unsupported-body')) throw error;
  }
}
