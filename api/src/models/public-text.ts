/** Messages about models as anybody may read them. */

/** The folders of an absolute path, up to its last part; not those of a URL. */
const FOLDERS = /(?<![\w.:/])\/(?:[^\s/:"'`]+\/)+/g;

/** A message in which absolute paths are only their last part: where a server keeps its files is nobody's business. */
export function withoutFolders(message: string): string {
  return message.replace(FOLDERS, '');
}
