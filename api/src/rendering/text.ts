/**
 * Text as pixels, in a font that comes along: slim images have no fonts, so nothing here asks the machine for one
 * (where it has some, they stand in for glyphs that ours lacks).
 */
import { createRequire } from 'node:module';
import sharp from 'sharp';

const FONT_FILE = createRequire(import.meta.url).resolve('dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf');
const FONT = 'DejaVu Sans Bold';
/** A glyph as high as any, drawn unseen before each text: all come out equally high and on one base line. */
const STRUT = '<span alpha="1">|</span>';

/** A line of text on its background. */
export interface Tag {
  readonly width: number;
  readonly height: number;
  /** Raw RGB. */
  readonly pixels: Buffer;
}

export interface TagStyle {
  /** Such as "#ffffff". */
  readonly ink: string;
  readonly background: string;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** Text for Pango's markup: on one line, escaped, without characters that XML forbids. */
export function markup(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Cs}\s]+/gu, ' ').trim();
  return line.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? character);
}

/** Text of so many characters at the most, cut with an ellipsis. */
export function shortened(text: string, characters: number): string {
  const all = [...text];
  return all.length > characters
    ? `${all
        .slice(0, characters - 1)
        .join('')
        .trimEnd()}…`
    : text;
}

/** Draws one line. @param size height of the font, pixels */
export async function drawTag(text: string, { ink, background }: TagStyle, size: number): Promise<Tag> {
  const content = `<span foreground="${ink}">${STRUT}${markup(text)}</span>`;
  const padding = Math.round(size / 6);
  const { data, info } = await sharp({
    text: { text: content, fontfile: FONT_FILE, font: `${FONT} ${size}`, dpi: 72, rgba: true },
  })
    .flatten({ background })
    .extend({ top: padding, bottom: padding, right: Math.round(size / 3), background })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, pixels: data };
}

/** Draws several, each only once however often it comes. */
export function drawTags(tags: readonly (TagStyle & { text: string })[], size: number): Promise<Tag[]> {
  const drawn = new Map<string, Promise<Tag>>();
  return Promise.all(
    tags.map(({ text, ...style }) => {
      const key = `${style.background} ${text}`;
      const tag = drawn.get(key) ?? drawTag(text, style, size);
      drawn.set(key, tag);
      return tag;
    }),
  );
}
