/** Sending a form and saying how far it is: fetch cannot tell that of an upload, XMLHttpRequest can. */
import { key } from '../state/settings.js';
import { authorization, failureOf, forgetRefusedKey, RequestFailed } from './http.js';

export interface SentForm {
  readonly method: 'POST' | 'PUT';
  readonly path: string;
  readonly form: FormData;
  /** Told how much has left this computer, 0 to 1. */
  readonly onProgress: (fraction: number) => void;
  readonly signal: AbortSignal;
}

/** @returns the body of the answer. @throws RequestFailed, AbortError */
export function sendForm<T>(sending: SentForm): Promise<T> {
  const { method, path, form, onProgress, signal } = sending;
  const sent = key.value;
  return new Promise((resolve, reject) => {
    const call = new XMLHttpRequest();
    call.open(method, path);
    call.setRequestHeader('Accept', 'application/json');
    for (const [header, value] of Object.entries(authorization(sent))) call.setRequestHeader(header, value);
    call.upload.onprogress = (event) => {
      if (event.lengthComputable) onProgress(event.loaded / event.total);
    };
    call.onload = () => {
      if (call.status >= 200 && call.status < 300) return resolve(JSON.parse(call.responseText) as T);
      if (forgetRefusedKey(call.status, sent)) return resolve(sendForm(sending));
      reject(failureOf(call.status, call.responseText, call.getResponseHeader('Retry-After')));
    };
    call.onerror = () => reject(new RequestFailed(0));
    call.onabort = () => reject(new DOMException('aborted', 'AbortError'));
    signal.addEventListener('abort', () => call.abort(), { once: true });
    call.send(form);
  });
}
