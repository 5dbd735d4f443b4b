/** Files of models that were dropped where images are expected; the view that adds models takes them. */
import { Observable } from './observable.js';

export const givenModels = new Observable<readonly File[]>([]);

/** Files that are certainly no images but networks. */
const NETWORK = /\.(onnx|keras|h5|hdf5|cfg|weights)$/i;

export const isNetwork = ({ name }: File): boolean => NETWORK.test(name);
