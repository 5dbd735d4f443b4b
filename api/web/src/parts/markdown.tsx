/** The little Markdown that model READMEs use: headings, paragraphs, lists, code and bold. Makes elements, never HTML text. */
import type { ComponentChildren } from 'preact';

type Block =
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

function inline(text: string): ComponentChildren[] {
  return text.split(/(`[^`]+`|\*\*[^*]+\*\*)/).map((part) => {
    if (part.startsWith('`') && part.length > 2) return <code>{part.slice(1, -1)}</code>;
    if (part.startsWith('**') && part.length > 4) return <strong>{part.slice(2, -2)}</strong>;
    return part.replace(/!?\[([^\]]*)\]\(([^)\s]+)\)/g, '$1 ($2)');
  });
}

function BlockElement({ block }: { readonly block: Block }) {
  if (block.kind === 'heading') return <h4>{inline(block.text)}</h4>;
  if (block.kind === 'code') return <pre>{block.text}</pre>;
  if (block.kind === 'paragraph') return <p>{inline(block.text)}</p>;
  return (
    <ul>
      {block.items.map((item) => (
        <li key={item}>{inline(item)}</li>
      ))}
    </ul>
  );
}

export function Markdown({ text }: { readonly text: string }) {
  return (
    <div class="markdown">
      {blocksOf(text).map((block, index) => (
        <BlockElement key={index} block={block} />
      ))}
    </div>
  );
}
