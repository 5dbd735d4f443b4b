/**
 * Draws the sample images that the page offers: `node scripts/draw-samples.mjs [folder]`.
 * Everything is made from numbers with a fixed seed, so the same images come out each time and nobody's photo is used.
 */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';

const WIDTH = 640;
const HEIGHT = 480;
const FOLDER = fileURLToPath(new URL('../api/web/public/samples', import.meta.url));

/** A small generator with a seed (mulberry32, public domain): numbers from 0 to 1. */
function random(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const between = (next, low, high) => low + (high - low) * next();

const svg = (body) =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}">${body}</svg>`;

const gradient = (id, ...stops) =>
  `<linearGradient id="${id}" x1="0" y1="0" x2="0" y2="1">${stops
    .map(([at, colour]) => `<stop offset="${at}" stop-color="${colour}"/>`)
    .join('')}</linearGradient>`;

/** A closed outline around a point whose radius wavers: cells are never round. */
function blob(next, x, y, radius, waver) {
  const steps = 14;
  const points = Array.from({ length: steps }, (_, step) => {
    const angle = (step / steps) * 2 * Math.PI;
    const distance = radius * (1 + waver * (next() - 0.5));
    return [x + Math.cos(angle) * distance, y + Math.sin(angle) * distance];
  });
  const middle = ([ax, ay], [bx, by]) => `${((ax + bx) / 2).toFixed(1)} ${((ay + by) / 2).toFixed(1)}`;
  const curves = points.map((point, step) => {
    const after = points[(step + 1) % steps];
    return `Q${point[0].toFixed(1)} ${point[1].toFixed(1)} ${middle(point, after)}`;
  });
  return `M${middle(points[steps - 1], points[0])}${curves.join('')}Z`;
}

/** Places that keep their distance from those taken before. */
function scatter(next, count, radius, taken) {
  const found = [];
  for (let tries = 0; found.length < count && tries < 4000; tries++) {
    const place = { x: next() * WIDTH, y: next() * HEIGHT, radius };
    const free = [...taken, ...found].every(
      (other) => Math.hypot(other.x - place.x, other.y - place.y) > (other.radius + radius) * 0.93,
    );
    if (free) found.push(place);
  }
  return found;
}

function redCell(next, { x, y, radius }) {
  const size = radius * between(next, 0.92, 1.04);
  return `<path d="${blob(next, x, y, size, 0.14)}" fill="url(#red)" stroke="#b0716d" stroke-width="2" stroke-opacity=".55"/>`;
}

function whiteCell(next, { x, y, radius }) {
  const lobes = Array.from({ length: 3 }, (_, lobe) => {
    const angle = lobe * 2.1 + between(next, 0, 0.7);
    const px = x + Math.cos(angle) * radius * 0.34;
    const py = y + Math.sin(angle) * radius * 0.34;
    return `<path d="${blob(next, px, py, radius * 0.47, 0.3)}" fill="#6a3e93"/>`;
  });
  return `<path d="${blob(next, x, y, radius, 0.12)}" fill="#c9b3d6" stroke="#a98fc0" stroke-width="2"/>
    <g filter="url(#soft)">${lobes.join('')}</g>`;
}

function platelet(next, { x, y, radius }) {
  return `<path d="${blob(next, x, y, radius, 0.5)}" fill="#8a5fa8"/>`;
}

/** A stained blood smear under a microscope, as drawn. */
function smear(seed, { red, white, platelets }) {
  const next = random(seed);
  const whites = white.map(([x, y]) => ({ x, y, radius: 66 }));
  const reds = scatter(next, red, 45, whites);
  const small = scatter(next, platelets, 11, [...whites, ...reds]);
  return svg(`<defs>
      <radialGradient id="red"><stop offset="0" stop-color="#e3c3b8"/><stop offset=".42" stop-color="#d3a29b"/><stop offset="1" stop-color="#c88d88"/></radialGradient>
      <radialGradient id="light" cx=".45" cy=".4" r=".9"><stop offset="0" stop-color="#f2e9dc"/><stop offset="1" stop-color="#dccfc6"/></radialGradient>
      <filter id="soft"><feGaussianBlur stdDeviation="2.2"/></filter><filter id="lens"><feGaussianBlur stdDeviation=".9"/></filter>
    </defs><rect width="100%" height="100%" fill="url(#light)"/>
    <g filter="url(#lens)">${reds.map((place) => redCell(next, place)).join('')}
    ${whites.map((place) => whiteCell(next, place)).join('')}
    ${small.map((place) => platelet(next, place)).join('')}</g>`);
}

function waves(next, from) {
  return Array.from({ length: 40 }, () => {
    const y = from + next() ** 1.4 * (HEIGHT - from);
    const x = next() * WIDTH;
    const length = between(next, 20, 90);
    return `<path d="M${x.toFixed()} ${y.toFixed()}q${(length / 2).toFixed()} -7 ${length.toFixed()} 0" stroke="#fff" stroke-opacity=".28" stroke-width="3" fill="none"/>`;
  }).join('');
}

function ship() {
  const next = random(11);
  return svg(`<defs>${gradient('sky', [0, '#8fb7d8'], [1, '#dfe9ee'])}${gradient('sea', [0, '#3f7396'], [1, '#1d4260'])}
      <filter id="soft"><feGaussianBlur stdDeviation="1.4"/></filter></defs>
    <rect width="100%" height="290" fill="url(#sky)"/><rect y="285" width="100%" height="195" fill="url(#sea)"/>
    <g filter="url(#soft)"><path d="M70 268h500l-46 82q-200 18-408 0z" fill="#26303c"/><path d="M88 312h462l-26 38q-200 18-408 0z" fill="#8f2f2b"/>
    <path d="M150 268v-58h270l30 58z" fill="#f1f0ea"/><path d="M190 210v-40h170l18 40z" fill="#e4e3dc"/>
    <g fill="#33475a">${[0, 1, 2, 3, 4, 5, 6].map((n) => `<rect x="${168 + n * 36}" y="226" width="20" height="16"/>`).join('')}</g>
    <rect x="226" y="104" width="44" height="68" fill="#c24a36"/><rect x="226" y="104" width="44" height="16" fill="#222"/>
    <rect x="306" y="112" width="40" height="60" fill="#c24a36"/><rect x="306" y="112" width="40" height="14" fill="#222"/>
    <path d="M470 268V130M470 140l-60 60" stroke="#3b4652" stroke-width="6"/></g>${waves(next, 340)}`);
}

function airplane() {
  const next = random(5);
  const clouds = Array.from({ length: 7 }, () => {
    const x = next() * WIDTH;
    const y = next() * HEIGHT;
    return `<ellipse cx="${x.toFixed()}" cy="${y.toFixed()}" rx="${between(next, 60, 150).toFixed()}" ry="${between(next, 14, 34).toFixed()}" fill="#fff" fill-opacity=".42"/>`;
  }).join('');
  return svg(`<defs>${gradient('sky', [0, '#4f8fce'], [1, '#b9d7ee'])}<filter id="soft"><feGaussianBlur stdDeviation="1.2"/></filter>
      <filter id="cloud"><feGaussianBlur stdDeviation="14"/></filter></defs>
    <rect width="100%" height="100%" fill="url(#sky)"/><g filter="url(#cloud)">${clouds}</g>
    <g filter="url(#soft)" transform="rotate(-9 320 240)"><path d="M300 232l92-126h40l-36 126z" fill="#aab4be"/>
    <path d="M92 238q12-30 64-32l330 2q60 4 84 34-22 26-84 28l-320 2q-62-4-74-34z" fill="#eef1f3"/>
    <path d="M92 244q20 24 74 28l320-2q62-2 84-28z" fill="#b8c2cb"/>
    <path d="M104 220l-34-92h42l60 82z" fill="#c8402f"/><path d="M290 254l-86 122h46l146-120z" fill="#8b97a3"/>
    <path d="M512 218q26 4 40 18l-44 2z" fill="#2f3d4b"/>
    <g fill="#47586a">${Array.from({ length: 15 }, (_, n) => `<circle cx="${188 + n * 21}" cy="230" r="5"/>`).join('')}</g></g>`);
}

function truck() {
  return svg(`<defs>${gradient('sky', [0, '#a9c4d8'], [1, '#e6e6df'])}${gradient('road', [0, '#7c7f80'], [1, '#55595c'])}
      <filter id="soft"><feGaussianBlur stdDeviation="1.3"/></filter></defs>
    <rect width="100%" height="330" fill="url(#sky)"/><path d="M0 300q160-50 330-14t310-20v70H0z" fill="#6f8a5f"/>
    <rect y="326" width="100%" height="154" fill="url(#road)"/>
    <g filter="url(#soft)"><rect x="60" y="112" width="346" height="222" fill="#e9e7e0"/><rect x="60" y="112" width="346" height="20" fill="#cfcdc4"/>
    <rect x="60" y="300" width="346" height="34" fill="#4b4f55"/>
    <path d="M416 160h96q14 0 22 14l40 82v86H416z" fill="#b8322a"/><path d="M446 180h62q8 0 12 8l28 62h-102z" fill="#39495a"/>
    <rect x="416" y="330" width="166" height="22" fill="#33363b"/><rect x="560" y="296" width="16" height="22" fill="#f4e7a8"/>
    ${[136, 214, 500].map((x) => `<circle cx="${x}" cy="350" r="44" fill="#1e2024"/><circle cx="${x}" cy="350" r="20" fill="#a9adb2"/>`).join('')}</g>`);
}

const images = {
  'blood-smear': smear(7, { red: 32, white: [[236, 214]], platelets: 7 }),
  'blood-smear-2': smear(23, {
    red: 26,
    white: [
      [452, 150],
      [150, 330],
    ],
    platelets: 9,
  }),
  ship: ship(),
  airplane: airplane(),
  truck: truck(),
};

const folder = process.argv[2] ? path.resolve(process.argv[2]) : FOLDER;
await mkdir(folder, { recursive: true });
for (const [name, drawing] of Object.entries(images)) {
  const { size } = await sharp(Buffer.from(drawing))
    .jpeg({ quality: 84, mozjpeg: true })
    .toFile(path.join(folder, `${name}.jpg`));
  console.log(`${name}.jpg: ${size} bytes`);
}
