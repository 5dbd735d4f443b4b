/** Keeping small texts in the browser. */

/** Storage may be forbidden (a setting of some browsers): then what is kept lasts as long as the page. */
export function recall(storage: () => Storage, name: string): string | null {
  try {
    return storage().getItem(name);
  } catch (error) {
    if (error instanceof DOMException) return null;
    throw error;
  }
}

export function remember(storage: () => Storage, name: string, value: string | null): void {
  try {
    if (value === null) storage().removeItem(name);
    else storage().setItem(name, value);
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
  }
}

export const local = () => localStorage;
export const session = () => sessionStorage;
