/** The building blocks of keras.applications with random weights, in files of Keras 2 and 3, against plain loops. */
import {
  convNeXt,
  efficientNet,
  inceptionResNet,
  mobileNetV3,
  nasNet,
  xception,
} from '../../helpers/keras/architectures.js';
import type { Recorder } from '../../helpers/keras/recorder.js';
import { errorOf } from '../../helpers/keras/run.js';
import { hdf5Model, kerasModel } from '../../helpers/keras/write.js';

const architectures: [string, (version: 2 | 3) => Recorder][] = [
  ['MobileNetV3', mobileNetV3],
  ['EfficientNet, statistics as weights', () => efficientNet(false)],
  ['EfficientNetV2, statistics in the config', () => efficientNet(true)],
  ['ConvNeXt', convNeXt],
  ['NASNet', nasNet],
  ['Inception-ResNet', inceptionResNet],
  ['Xception', xception],
];

test.each(architectures)(
  '%s answers as its layers are defined, whichever version saved it',
  async (_, build) => {
    for (const version of [2, 3] as const) {
      const model = build(version);
      const files = [
        ['model.h5', await hdf5Model(model, version)],
        ['model.keras', await kerasModel(model, { version: version === 2 ? '2.15.0' : '3.5.0' })],
      ] as const;
      for (const [name, bytes] of files) expect((await errorOf(model, name, bytes)).error).toBeLessThan(1e-4);
    }
  },
);
