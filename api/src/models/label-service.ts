/** What can be done with labels of models, free of HTTP. */
import { CANARY, LABEL_NAME, STABLE } from '@scry/shared/contracts/version';
import type { LabelChange, ModelLabelStore } from '@scry/shared/database/model-labels';
import type { ModelVersionStore, StoredLabel } from '@scry/shared/database/model-versions';
import { Problem } from '../http/problem.js';
import { invalid, LABEL_HELP, notReady, sharesTooLarge } from './version-problems.js';

export interface LabelServiceParts {
  readonly labels: ModelLabelStore;
  readonly versions: Pick<ModelVersionStore, 'labels' | 'get'>;
}

export class LabelService {
  readonly #parts: LabelServiceParts;

  constructor(parts: LabelServiceParts) {
    this.#parts = parts;
  }

  /** Labels of a model. */
  list(name: string): Promise<StoredLabel[]> {
    return this.#parts.versions.labels(name);
  }

  /** Points a label at a version that is ready. @throws Problem "invalid-request" or "version-not-found" */
  async set(name: string, label: string, version: string, weight: number): Promise<StoredLabel> {
    if (!LABEL_NAME.test(label)) throw invalid('label', LABEL_HELP);
    return this.#changed(name, label, version, await this.#parts.labels.set(name, label, version, weight));
  }

  /** Makes a label's version the stable one and ends the label. @throws Problem "version-not-found" */
  async promote(name: string, label = CANARY): Promise<StoredLabel> {
    const change = await this.#parts.labels.promote(name, label);
    if (change) return this.#changed(name, STABLE, label, change);
    throw new Problem('version-not-found', `The model "${name}" has no label "${label}" to promote.`);
  }

  /** Points a label at what it pointed to before. @throws Problem "version-not-found" */
  async rollBack(name: string, label = STABLE): Promise<StoredLabel> {
    const back = await this.#parts.labels.rollBack(name, label);
    if (back) return back;
    throw new Problem(
      'version-not-found',
      `The label "${label}" of "${name}" pointed to nothing else before that could still be used.`,
    );
  }

  /** Ends a label; `stable` stays. @throws Problem "version-not-found" or "version-in-use" */
  async remove(name: string, label: string): Promise<void> {
    if (label === STABLE) {
      const detail = `The label "${STABLE}" is what the name "${name}" alone means, so it stays. Point it to another version, or retire all versions of the model.`;
      throw new Problem('version-in-use', detail);
    }
    if (await this.#parts.labels.remove(name, label)) return;
    throw new Problem('version-not-found', `The model "${name}" has no label "${label}".`);
  }

  /** @throws Problem when nothing was changed */
  async #changed(name: string, label: string, version: string, change: LabelChange): Promise<StoredLabel> {
    if ('changed' in change) return change.changed;
    if (change.refused === 'too-much') throw sharesTooLarge(change.taken);
    if (change.refused === 'is-version')
      throw invalid('label', `"${label}" is the name of a version of this model`);
    throw notReady(name, version, await this.#parts.versions.get(name, version));
  }
}
