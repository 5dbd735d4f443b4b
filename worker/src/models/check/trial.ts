/** One network, loaded once, that is asked with different settings of its manifest's `input`. */
import type { Outcome, Parameters } from '@scry/shared/contracts/prediction';
import { type Model, manifestSchema } from '@scry/shared/models/model-folders';
import type { ImageInput, PreparedImage } from '../../imaging/image-reader.js';
import type { BatchData } from '../../inference/engines/engine.js';
import { type ResolvedInput, resolveInput } from '../../inference/engines/input-spec.js';
import { createPixelWriter, valuesPerImage } from '../../inference/engines/pixels.js';
import { loadEngine } from '../../inference/engines/registry.js';
import { createInterpreter } from '../../inference/tasks/index.js';
import { ThreadModel } from '../../inference/thread-model.js';
import type { RunnableModel } from '../conversion/plan.js';
import type { InputSettings } from './settings.js';

/** A way to ask the network. */
export interface Asking {
  /** How images are prepared for it. */
  readonly image: ImageInput;
  /** @throws Error with the engine's words when the run fails */
  ask(image: PreparedImage, parameters: Parameters): Promise<Outcome>;
}

const LOADING = { device: 'cpu', intraOpThreads: 2, onFallback: () => {}, onAbsent: () => {} } as const;

function emptyBatch(type: ResolvedInput['type'], length: number): BatchData {
  if (type === 'float32') return new Float32Array(length);
  return type === 'int8' ? new Int8Array(length) : new Uint8Array(length);
}

export class Trial {
  readonly model: RunnableModel;
  readonly served: ThreadModel;
  /** Sentences about what is odd but no reason not to serve. */
  readonly notes: readonly string[];

  private constructor(model: RunnableModel, served: ThreadModel, notes: readonly string[]) {
    this.model = model;
    this.served = served;
    this.notes = notes;
  }

  /** Loads a model and tries it as an inference thread does. @throws ManifestProblem, or Error with the engine's words */
  static async load(model: RunnableModel): Promise<Trial> {
    const engine = await loadEngine(model.engine);
    const notes: string[] = [];
    return new Trial(
      model,
      await ThreadModel.load(engine, model, LOADING, (note) => notes.push(note)),
      notes,
    );
  }

  /**
   * The network with other settings.
   * @param manifest as manifest.json says it
   * @param settings in the place of its `input`
   * @returns null when they contradict each other or the network
   */
  withInput(manifest: Readonly<Record<string, unknown>>, settings: InputSettings): Asking | null {
    const parsed = manifestSchema.safeParse({ ...manifest, input: settings });
    if (!parsed.success) return null;
    const model: Model = { ...this.model, input: parsed.data.input };
    try {
      return this.#asking(model, resolveInput(model, this.served.loaded.input));
    } catch {
      return null;
    }
  }

  async close(): Promise<void> {
    await this.served.dispose();
  }

  #asking(model: Model, input: ResolvedInput): Asking {
    const { loaded } = this.served;
    const { width, height, layout } = input;
    const interpreter = createInterpreter({ model, width, height, outputs: loaded.outputs });
    const write = createPixelWriter(input);
    const size = valuesPerImage(input);
    const batch = input.fixedBatch ?? 1;
    const data = emptyBatch(input.type, batch * size);
    const channels = size / (width * height);
    const shape = layout === 'nchw' ? [channels, height, width] : [height, width, channels];
    return {
      image: { ...model.input, width, height },
      async ask({ pixels, geometry }, parameters) {
        write(pixels, data, 0);
        const outputs = await loaded.run(
          data,
          input.batched ? [batch, ...shape] : shape,
          interpreter.outputNames,
        );
        return interpreter.interpret(outputs, { index: 0, batch, geometry, parameters });
      },
    };
  }
}
