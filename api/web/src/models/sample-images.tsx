/** A model's own sample images; choosing one asks the model. */
import { useState } from 'preact/hooks';
import { request } from '../client/http.js';
import { isPublished, type ModelView } from '../client/models.js';
import { useImageUrl } from '../parts/image-url.js';
import { ErrorNotice } from '../parts/notice.js';
import { navigate } from '../routing/router.js';
import { give } from '../state/intake.js';
import { useTexts } from '../texts/models.js';

export function SampleImages({ model }: { readonly model: ModelView }) {
  const t = useTexts();
  const [error, setError] = useState<unknown>(null);
  const { name, title, samples } = model;
  if (samples.length === 0) return null;
  const ask = async (path: string, number: number) => {
    try {
      const response = await request(path, { headers: { Accept: 'image/*' } });
      const file = await response.blob();
      navigate('/');
      await give([{ file, name: `${name}-${number}`, isFile: false }], name);
    } catch (failure) {
      setError(failure);
    }
  };
  return (
    <>
      <ul class="sample-images" aria-label={t.modelList.samples}>
        {samples.map((path, index) => (
          <li key={path}>
            <button
              type="button"
              class="sample-image"
              disabled={!isPublished(model)}
              aria-label={t.modelList.trySample(index + 1, title)}
              onClick={() => void ask(path, index + 1)}
            >
              <Thumbnail path={path} />
            </button>
          </li>
        ))}
      </ul>
      {error !== null && <ErrorNotice error={error} />}
    </>
  );
}

function Thumbnail({ path }: { readonly path: string }) {
  const { url } = useImageUrl(path);
  return url ? <img src={url} alt="" loading="lazy" width="96" height="72" /> : <span />;
}
