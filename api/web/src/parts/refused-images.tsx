/** Files of the last ones given that were not sent, and why. */
import { refused } from '../state/intake.js';
import { useValue } from '../state/observable.js';
import { bytes, useTexts } from '../texts/index.js';

export function RefusedImages() {
  const t = useTexts();
  const all = useValue(refused);
  if (all.length === 0) return null;
  return (
    <ul class="notice bad" role="alert">
      {all.map(({ name, bytes: size, refusal }, place) => (
        <li key={place}>
          {refusal.reason === 'type'
            ? t.errors.notImage(name)
            : t.errors.tooBig(name, bytes(size), bytes(refusal.maxBytes))}
        </li>
      ))}
    </ul>
  );
}
