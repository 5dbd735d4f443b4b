/** Markdown as elements; never as HTML text, for a README may come from anywhere. */
import type { ComponentChildren } from 'preact';
import { type Block, blocksOf } from './markdown-blocks.js';

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
