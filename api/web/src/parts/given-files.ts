/** Files that a person gave, with the folders they lay in: from a drop, which may hold whole folders, or from a picker. */

export interface GivenFile {
  readonly file: File;
  /** The innermost folder that came along; null: the file came alone. */
  readonly folder: string | null;
}

/** Images for a picker: browsers do not count all that the server reads among "image/*". */
export const IMAGE_FILES = 'image/*,.heic,.heif,.bmp,.tif,.tiff,.avif';

/** What systems put beside a person's own files. */
const BY_THE_SYSTEM = /^(\.|__MACOSX$|Thumbs\.db$|desktop\.ini$)/i;

async function entriesIn(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    // A reader gives a hundred at a time.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) return all;
    all.push(...some);
  }
}

async function filesOf(entry: FileSystemEntry, folder: string | null): Promise<GivenFile[]> {
  if (BY_THE_SYSTEM.test(entry.name)) return [];
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) =>
      (entry as FileSystemFileEntry).file(resolve, reject),
    );
    return [{ file, folder }];
  }
  const given: GivenFile[] = [];
  for (const inner of await entriesIn(entry as FileSystemDirectoryEntry))
    given.push(...(await filesOf(inner, entry.name)));
  return given;
}

/** The files of a drop; to be called while it is being handled, for the browser forgets them afterwards. */
export async function droppedFiles(data: DataTransfer): Promise<GivenFile[]> {
  const dropped = [...data.items]
    .filter(({ kind }) => kind === 'file')
    .map((item) => ({ entry: item.webkitGetAsEntry(), file: item.getAsFile() }));
  const given = await Promise.all(
    dropped.map(({ entry, file }) => {
      if (entry) return filesOf(entry, null);
      return file ? [{ file, folder: null }] : [];
    }),
  );
  return given.flat();
}

/** The files that a picker was given; one for folders tells of each where it lay. */
export function pickedFiles(input: HTMLInputElement): GivenFile[] {
  return [...(input.files ?? [])]
    .filter(({ name }) => !BY_THE_SYSTEM.test(name))
    .map((file) => ({ file, folder: file.webkitRelativePath.split('/').at(-2) ?? null }));
}
