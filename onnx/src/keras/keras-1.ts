/** Names that Keras 1 had for classes and settings, in those of Keras 2. Source: keras/legacy/interfaces.py of 2.0. */

type Json = Record<string, unknown>;

const CLASSES: Readonly<Record<string, string>> = {
  Convolution2D: 'Conv2D',
  AtrousConvolution2D: 'Conv2D',
  AtrousConv2D: 'Conv2D',
  SeparableConvolution2D: 'SeparableConv2D',
  Deconvolution2D: 'Conv2DTranspose',
  Convolution2DTranspose: 'Conv2DTranspose',
  DepthwiseConvolution2D: 'DepthwiseConv2D',
  MaxPool2D: 'MaxPooling2D',
  AvgPool2D: 'AveragePooling2D',
  GlobalMaxPool2D: 'GlobalMaxPooling2D',
  GlobalAvgPool2D: 'GlobalAveragePooling2D',
  BatchNormalizationV1: 'BatchNormalization',
  BatchNormalizationV2: 'BatchNormalization',
  SyncBatchNormalization: 'BatchNormalization',
};

const SETTINGS: Readonly<Record<string, string>> = {
  nb_filter: 'filters',
  output_dim: 'units',
  border_mode: 'padding',
  subsample: 'strides',
  atrous_rate: 'dilation_rate',
  bias: 'use_bias',
  p: 'rate',
};

const MODES: Readonly<Record<string, string>> = {
  sum: 'Add',
  mul: 'Multiply',
  ave: 'Average',
  max: 'Maximum',
  concat: 'Concatenate',
};

/** Only Keras 1 knows these settings, so that others are left as they are. */
function isOld(className: string, config: Json): boolean {
  return (
    ['nb_filter', 'output_dim', 'border_mode', 'dim_ordering', 'nb_row', 'p'].some((key) => key in config) ||
    className === 'Merge'
  );
}

function modernConfig(config: Json): Json {
  const result: Json = {};
  for (const [key, value] of Object.entries(config)) result[SETTINGS[key] ?? key] = value;
  if ('nb_row' in config) result.kernel_size = [config.nb_row, config.nb_col];
  if ('dim_ordering' in config)
    result.data_format = config.dim_ordering === 'th' ? 'channels_first' : 'channels_last';
  if ('concat_axis' in config) result.axis = config.concat_axis;
  return result;
}

/** A layer's description with the names of Keras 2. */
export function modernLayer(raw: Json): Json {
  const className = String(raw.class_name ?? '');
  const config = raw.config;
  const renamed = CLASSES[className] ?? className;
  if (
    typeof config !== 'object' ||
    config === null ||
    Array.isArray(config) ||
    !isOld(className, config as Json)
  )
    return { ...raw, class_name: renamed };
  const merged = className === 'Merge' ? MODES[String((config as Json).mode)] : undefined;
  return { ...raw, class_name: merged ?? renamed, config: modernConfig(config as Json) };
}
