/**
 * The little Markdown that model READMEs use: headings, paragraphs, lists and code. It becomes elements and never HTML, so there
 * is nothing to sanitise; 0.4 kB gzipped, where a parser of all of Markdown with a sanitiser would take half of what the page may have.
 */

export type Block =
  | { readonly kind: 'heading'; readonly text: string }
  | { readonly kind: 'paragraph'; readonly text: string }
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly string[] };

/** Splits a text into blocks. Lines of one paragraph or list item are joined. */
export function blocksOf(markdown: string): Block[] {
  const fenced = markdown.replace(/\r\n?/g, '\n').split(/^```.*\n?/m);
  return fenced.flatMap((text, index) =>
    index % 2 === 1 ? [{ kind: 'code', text } as const] : plainBlocks(text),
  );
}

function plainBlocks(text: string): Block[] {
  return text
    .split(/\n{2,}|(?=^#)|(?<=^#.*)\n/m)
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => {
      if (part.startsWith('#')) return { kind: 'heading', text: part.replace(/^#+\s*/, '') };
      if (!/^[-*] /.test(part)) return { kind: 'paragraph', text: part.replace(/\s*\n\s*/g, ' ') };
      const items = part
        .split(/\n(?=[-*] )/)
        .map((item) => item.replace(/^[-*] /, '').replace(/\s*\n\s*/g, ' '));
      return { kind: 'list', items };
    });
}
