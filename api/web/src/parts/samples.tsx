/** Drawn images that come with Scry (scripts/draw-samples.mjs), for people who have none at hand. */
import { useState } from 'preact/hooks';
import { request } from '../client/http.js';
import type { GivenImage } from '../state/intake.js';
import { useTexts } from '../texts/index.js';
import { ErrorNotice } from './notice.js';

/** Each with the model it suits; where that is not installed, the chosen one is asked. */
const SAMPLES = [
  { name: 'blood-smear', model: 'blood-cells' },
  { name: 'ship', model: 'everyday-10' },
  { name: 'airplane', model: 'everyday-10' },
  { name: 'truck', model: 'everyday-10' },
  { name: 'blood-smear-2', model: 'blood-cells' },
] as const;

interface Props {
  readonly onSample: (image: GivenImage, suitedModel: string) => void;
}

export function Samples({ onSample }: Props) {
  const t = useTexts();
  const [error, setError] = useState<unknown>(null);
  const give = async (name: string, model: string) => {
    try {
      const response = await request(`/samples/${name}.jpg`);
      setError(null);
      onSample({ file: await response.blob(), name: `${name}.jpg`, isFile: false }, model);
    } catch (failure) {
      setError(failure);
    }
  };
  return (
    <section class="samples" aria-labelledby="samples-title">
      <h2 id="samples-title">{t.predict.samples}</h2>
      <ul>
        {SAMPLES.map(({ name, model }) => (
          <li key={name}>
            <button type="button" class="sample" onClick={() => void give(name, model)}>
              <img src={`/samples/${name}.jpg`} alt="" width="96" height="72" loading="lazy" />
              <span>{t.samples[name]}</span>
            </button>
          </li>
        ))}
      </ul>
      {error !== null && <ErrorNotice error={error} />}
    </section>
  );
}
