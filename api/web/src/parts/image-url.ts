/** Addresses for <img>: as they are, or fetched with the key, which <img> cannot send. */
import { useEffect, useState } from 'preact/hooks';
import { request } from '../client/http.js';
import { useValue } from '../state/observable.js';
import { key } from '../state/settings.js';

export interface ImageUrl {
  /** Null while it loads, or after it failed. */
  readonly url: string | null;
  readonly failed: boolean;
}

/** @param wanted false while the image is not near the window: nothing is fetched until it is */
export function useImageUrl(path: string | null, wanted = true): ImageUrl {
  const withKey = useValue(key);
  const [fetched, setFetched] = useState<ImageUrl & { path: string | null }>({
    path,
    url: null,
    failed: false,
  });
  useEffect(() => {
    if (!withKey || !path || !wanted) return;
    const stop = new AbortController();
    let url: string | null = null;
    const load = async () => {
      const response = await request(path, { signal: stop.signal, headers: { Accept: 'image/*' } });
      url = URL.createObjectURL(await response.blob());
      setFetched({ path, url, failed: false });
    };
    load().catch(() => {
      if (!stop.signal.aborted) setFetched({ path, url: null, failed: true });
    });
    return () => {
      stop.abort();
      if (url) URL.revokeObjectURL(url);
    };
  }, [path, withKey, wanted]);
  if (!withKey) return { url: path, failed: false };
  return fetched.path === path ? fetched : { url: null, failed: false };
}

/** Saves bytes as a file of this computer. */
export function saveAs(bytes: Blob, name: string): void {
  const url = URL.createObjectURL(bytes);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000); // the browser reads it after the click
}

/** Saves what a path gives as a file. @param accept media types that are asked for. @throws RequestFailed */
export async function download(path: string, name: string, accept = 'image/*'): Promise<void> {
  const response = await request(path, { headers: { Accept: accept } });
  saveAs(await response.blob(), name);
}
