/** One polite live region: what changed elsewhere on the page is said here, for people who do not see it. */
import { Observable, useValue } from '../state/observable.js';

const sentence = new Observable('');

/** Says something to screen readers. The same words twice in a row are said twice. */
export function announce(text: string): void {
  sentence.value = sentence.value === text ? `${text}\u00a0` : text;
}

export function Announcer() {
  return (
    <div class="visually-hidden" role="status" aria-live="polite">
      {useValue(sentence)}
    </div>
  );
}
