/** How the pixels of an image are prepared: whose resizing, which channels, which numbers. */
import type { Given } from './draft.js';
import type { ModelFacts, PreparingLayer } from './facts.js';
import type { ImageShape } from './image-size.js';
import { ultralyticsOf } from './ultralytics.js';

/** Fields that say how an image is resized: one that is given speaks for all of them. */
export const RESIZING = ['resample', 'filter', 'antialias', 'resize', 'crop', 'pad', 'align'] as const;
/** Fields that say which numbers a network gets. */
export const NUMBERS = ['scale', 'mean', 'std'] as const;

export interface Guess {
  readonly values: Given;
  readonly reason: string;
}

export interface PixelGuess {
  readonly resizing: Guess | null;
  readonly numbers: Guess | null;
  readonly bgr?: Guess;
}

/** Levels divided by 255, which is what a manifest means that says nothing. */
export const TO_ONE = 1 / 255;
/** ImageNet's mean and deviation, which torchvision's and most of timm's weights were trained with. */
export const IMAGENET = { scale: TO_ONE, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
export const MINUS_ONE_TO_ONE = (channels: number) => ({
  scale: 1 / 127.5,
  mean: Array<number>(channels).fill(1),
});
const CAFFE_BGR = { scale: 1, mean: [103.939, 116.779, 123.68] };

const CHECK = 'npm run models -- check with labelled images tells whether it is right';
const KERAS_STRETCH: Guess = {
  values: { resample: 'tensorflow', resize: 'stretch' },
  reason: "Keras' image_dataset_from_directory stretches images with TensorFlow's arithmetic",
};

function ultralytics(task: string | null): PixelGuess {
  const numbers = { values: { scale: TO_ONE }, reason: 'Ultralytics divides levels by 255' };
  if (task === 'classify')
    return {
      resizing: {
        values: { resample: 'pillow', resize: 'cover' },
        reason: 'Ultralytics scales the shorter side with Pillow and takes the middle to classify',
      },
      numbers,
    };
  return {
    resizing: {
      values: { resample: 'opencv', resize: 'contain', pad: 114 },
      reason: 'Ultralytics fits images with OpenCV into a frame of level 114',
    },
    numbers,
  };
}

function teachableMachine(channels: number, tfjs: boolean): PixelGuess {
  const resizing = tfjs
    ? {
        values: { resize: 'fit' },
        reason: 'Teachable Machine takes the middle square, scaled by the browser',
      }
    : {
        values: { resample: 'pillow', filter: 'lanczos', resize: 'fit' },
        reason: "the code beside Teachable Machine's Keras export takes the middle square, with Pillow",
      };
  const reason = 'Teachable Machine trains on levels / 127.5 - 1';
  return { resizing, numbers: { values: MINUS_ONE_TO_ONE(channels), reason } };
}

const numbersIn = (value: unknown): number[] => [value].flat(4).filter((one) => typeof one === 'number');

/** Whether a layer that scales pixels is made for levels from 0 to 255, rather than from 0 to 1. */
function takesLevels({ className, settings }: PreparingLayer): boolean {
  if (className === 'Rescaling') return Math.max(...numbersIn(settings.scale).map(Math.abs), 0) <= 0.5;
  const mean = numbersIn(settings.mean);
  return mean.length === 0 || mean.some((value) => Math.abs(value) > 1);
}

/** Arithmetic that `preprocess_input` leaves in a network, as Keras 2 and 3 call it. */
const ARITHMETIC = /^(TFOpLambda|TensorFlowOpLayer|TrueDivide|Divide|Multiply|Subtract|Add)$/;

/** What the layers at the start of a Keras network say of the numbers that it takes. */
export function preparedInside({ preparing }: Pick<ModelFacts, 'preparing'>): Guess | null {
  const scales = ({ className }: PreparingLayer) =>
    className === 'Rescaling' || className === 'Normalization' || ARITHMETIC.test(className);
  const layer = preparing.find(scales);
  if (!layer) return null;
  const named = `the layer "${layer.name}" (${layer.className})`;
  if (ARITHMETIC.test(layer.className))
    return {
      values: { scale: 1 },
      reason: `${named} scales pixels inside the network, as preprocess_input does with levels from 0 to 255`,
    };
  return takesLevels(layer)
    ? { values: { scale: 1 }, reason: `${named} scales levels from 0 to 255 inside the network` }
    : { values: { scale: TO_ONE }, reason: `${named} is made for levels from 0 to 1` };
}

const FILTERS: Readonly<Record<string, string>> = {
  bilinear: 'bilinear',
  nearest: 'nearest',
  bicubic: 'bicubic',
  area: 'area',
};

function kerasResizing({ preparing }: ModelFacts): Guess {
  const [layer] = preparing;
  if (layer?.className !== 'Resizing') return KERAS_STRETCH;
  const { interpolation, crop_to_aspect_ratio: crops, pad_to_aspect_ratio: pads, antialias } = layer.settings;
  const filter = FILTERS[String(interpolation ?? 'bilinear')];
  if (!filter) return KERAS_STRETCH;
  const resize = crops === true ? 'fit' : pads === true ? 'contain' : 'stretch';
  return {
    values: { resample: 'tensorflow', filter, resize, ...(antialias === true ? { antialias: true } : {}) },
    reason: `the layer "${layer.name}" (Resizing) does so`,
  };
}

/** Networks of keras.applications by the names that they give themselves. Source: keras/src/applications, preprocess_input. */
const APPLICATIONS: readonly [RegExp, 'bgr' | 'minus-one' | 'imagenet' | 'levels'][] = [
  [/^(resnet(50|101|152)|vgg(16|19))$/i, 'bgr'],
  [/^(resnet\d+v2|mobilenet(v2)?_\d|inception|xception|nasnet)/i, 'minus-one'],
  [/^densenet\d/i, 'imagenet'],
  [/^(efficientnet|convnext|mobilenetv3)/i, 'levels'],
];

function kerasNumbers(facts: ModelFacts): Pick<PixelGuess, 'numbers' | 'bgr'> {
  const inside = preparedInside(facts);
  if (inside) return { numbers: inside };
  const kind = APPLICATIONS.find(([name]) => name.test(facts.network))?.[1];
  const reason = `preprocess_input of keras.applications does so for a network called "${facts.network}"`;
  if (kind === 'bgr')
    return { numbers: { values: CAFFE_BGR, reason }, bgr: { values: { channels: 'bgr' }, reason } };
  if (kind === 'minus-one') return { numbers: { values: MINUS_ONE_TO_ONE(3), reason } };
  if (kind === 'imagenet') return { numbers: { values: IMAGENET, reason } };
  if (kind === 'levels') return { numbers: { values: { scale: 1 }, reason } };
  return {
    numbers: {
      values: { scale: TO_ONE },
      reason: `a guess: no layer of the file scales levels, and most training code divides them by 255; ${CHECK}`,
    },
  };
}

const SMALL = 96;

/** A classifier in an ONNX file of unknown origin. */
function classifier({ channels, layout, width }: ImageShape): PixelGuess {
  if (layout === 'nhwc' || channels !== 3)
    return {
      resizing: layout === 'nhwc' ? KERAS_STRETCH : null,
      numbers: {
        values: { scale: TO_ONE },
        reason: `a guess: most training code divides levels by 255; ${CHECK}`,
      },
    };
  const cut = (width ?? 0) >= SMALL ? { crop: 0.875 } : { resize: 'cover' };
  return {
    resizing: {
      values: { resample: 'pillow', ...cut },
      reason: `a guess: torchvision and timm test classifiers so; ${CHECK}`,
    },
    numbers: {
      values: IMAGENET,
      reason: `a guess: ImageNet's mean and deviation, which most PyTorch classifiers are trained with; ${CHECK}`,
    },
  };
}

const YOLOX: PixelGuess = {
  resizing: {
    values: { resample: 'opencv', resize: 'contain', pad: 114, align: 'start' },
    reason: 'YOLOX lays images at the top left of a frame of level 114',
  },
  numbers: { values: { scale: 1 }, reason: 'YOLOX takes levels from 0 to 255' },
  bgr: { values: { channels: 'bgr' }, reason: 'YOLOX reads images with OpenCV, blue first' },
};

const DARKNET: PixelGuess = {
  resizing: {
    values: { resample: 'opencv', resize: 'stretch' },
    reason: "darknet stretches images, as OpenCV's reader of its networks does",
  },
  numbers: { values: { scale: TO_ONE }, reason: 'darknet divides levels by 255' },
};

/** How the pixels of a model's images are prepared, as far as its files or its origin tell. */
export function guessPixels(
  facts: ModelFacts,
  shape: ImageShape,
  output: { readonly task: string; readonly format: string },
): PixelGuess {
  const known = ultralyticsOf(facts);
  if (known) return ultralytics(known.task);
  if (facts.teachableMachine && !preparedInside(facts))
    return teachableMachine(shape.channels ?? 3, facts.format.startsWith('tfjs'));
  if (facts.format === 'darknet') return DARKNET;
  if (facts.format.startsWith('keras') || facts.format === 'tfjs-layers')
    return { resizing: kerasResizing(facts), ...kerasNumbers(facts) };
  if (output.format === 'yolox') return YOLOX;
  if (output.task === 'classification') return classifier(shape);
  if (output.format.startsWith('yolo')) return ultralytics('detect');
  return { resizing: null, numbers: null };
}
