/** Where the first image is given. The whole window takes dropped and pasted ones: see drop-area.tsx. */
import { useTexts } from '../texts/index.js';
import { AddressForm } from './address-form.js';
import { hasCamera, ImageButtons } from './image-buttons.js';

export function DropZone() {
  const t = useTexts();
  return (
    <div class="drop-zone">
      <div class="drop-words">
        <strong>{hasCamera() ? t.predict.give : t.predict.drop}</strong>
        {!hasCamera() && <span>{t.predict.paste}</span>}
      </div>
      <ImageButtons primary={true} />
      <AddressForm />
    </div>
  );
}
