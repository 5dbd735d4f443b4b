/** Where local storage puts files, for tests that damage or age them behind its back. */
import path from 'node:path';

export const imageFile = (dataDir: string, sha256: string) =>
  path.join(dataDir, 'uploads', sha256.slice(0, 2), sha256);

export const derivedFile = (dataDir: string, sha256: string, name: string) =>
  path.join(dataDir, 'derived', sha256.slice(0, 2), sha256, name);
