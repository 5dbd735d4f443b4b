/** The models that a training can build on. */
import type { VersionView } from '@scry/shared/contracts/version';
import { useEffect, useState } from 'preact/hooks';
import { getJson, RequestFailed } from '../client/http.js';
import { isPublished, type ModelView } from '../client/models.js';
import { versionPath } from '../client/trainings.js';

/** Whether its file is one that gradients can be made of, as shared/src/models/base-model.ts asks for it. */
async function isBase({ name, version }: ModelView): Promise<boolean> {
  try {
    const { manifest } = await getJson<VersionView>(versionPath(name, version));
    return String(manifest.file).endsWith('.onnx');
  } catch (error) {
    if (error instanceof RequestFailed) return true; // the server says what is wrong when it is asked to train
    throw error;
  }
}

/** @returns classifiers with an ONNX file, or null until they are known */
export function useBases(models: readonly ModelView[] | null): readonly ModelView[] | null {
  const [bases, setBases] = useState<readonly ModelView[] | null>(null);
  const candidates = models?.filter((model) => model.task === 'classification' && isPublished(model));
  const asked = candidates?.map(({ name, version }) => `${name}@${version}`).join();
  useEffect(() => {
    if (!candidates) return;
    let isCurrent = true;
    void Promise.all(candidates.map(isBase)).then((suit) => {
      if (isCurrent) setBases(candidates.filter((_, index) => suit[index]));
    });
    return () => {
      isCurrent = false;
    };
  }, [asked]);
  return bases;
}
