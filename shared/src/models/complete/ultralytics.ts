/** What Ultralytics writes into the ONNX files that it exports. Source: ultralytics/engine/exporter.py, `self.metadata`. */
import type { ModelFacts } from './facts.js';
import { pythonNames } from './label-lines.js';

export interface Ultralytics {
  /** `detect`, `segment`, `classify`, `pose`, `obb`; null in files of YOLOv5, which hold no task. */
  readonly task: string | null;
  readonly names: readonly string[];
  /** Height and width that the network was exported for; null where the file does not say. */
  readonly size: { readonly width: number; readonly height: number } | null;
}

/** @returns null for files of other origin */
export function ultralyticsOf({ metadata }: Pick<ModelFacts, 'metadata'>): Ultralytics | null {
  const { names, stride, task, imgsz, author } = metadata;
  if (names === undefined || (stride === undefined && task === undefined && author !== 'Ultralytics'))
    return null;
  const [height, width] = (imgsz?.match(/\d+/g) ?? []).map(Number);
  return {
    task: task ?? null,
    names: pythonNames(names) ?? [],
    size: height ? { height, width: width ?? height } : null,
  };
}
