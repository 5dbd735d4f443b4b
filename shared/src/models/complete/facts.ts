/** What the files of a model say of it, read without running anything but the network once. */
/** `null` stands for a size that the file leaves free. */
export type Sizes = readonly (number | null)[];

export interface InputFacts {
  readonly name: string;
  readonly dims: Sizes;
  readonly type: 'float32' | 'uint8' | 'int8';
}

export interface OutputFacts {
  readonly name: string;
  /** The batch first, where there is one. */
  readonly dims: Sizes;
  /** What the last operation makes of the values; null: not known. */
  readonly activation: 'softmax' | 'sigmoid' | 'none' | null;
  /** What came out for one image of noise; null where the network was not run. */
  readonly measured: { readonly least: number; readonly most: number; readonly sum: number } | null;
}

/** A layer at the start of a network that prepares pixels. */
export interface PreparingLayer {
  readonly name: string;
  readonly className: string;
  readonly settings: Readonly<Record<string, unknown>>;
}

export interface ModelFacts {
  /** Name of the folder. */
  readonly folder: string;
  /** The model file, inside the folder. */
  readonly file: string;
  /** `onnx`, or the format of a converted file: `keras`, `keras-h5`, `tfjs-layers`, `tfjs-graph`, `darknet`. */
  readonly format: string;
  /** Why nothing could be read from the file; null when it was read. */
  readonly unread: string | null;
  /** What the file calls its network; empty where it does not say. */
  readonly network: string;
  readonly input: InputFacts | null;
  readonly outputs: readonly OutputFacts[];
  /** `metadata_props` of an ONNX file. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly preparing: readonly PreparingLayer[];
  /** Classes of a darknet detector, which decodes its boxes itself. */
  readonly darknetClasses: number | null;
  /** Names of the classes in a file beside the model, or in the model itself. */
  readonly labels: { readonly source: string; readonly names: readonly string[] } | null;
  /** True where an export of Teachable Machine lies in the folder. */
  readonly teachableMachine: boolean;
}
