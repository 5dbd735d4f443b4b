/** What takes the files that are dropped on the window or pasted: the view that says so, else the view for predictions. */
import { useEffect, useRef } from 'preact/hooks';
import type { GivenFile } from '../parts/given-files.js';
import { Observable } from './observable.js';

export interface DropTarget {
  /** What the window says while something is dragged over it. */
  readonly release: string;
  readonly take: (files: readonly GivenFile[]) => void;
}

export const dropTarget = new Observable<DropTarget | null>(null);

/** Takes what is dropped for as long as the component is shown. */
export function useDropTarget(release: string, take: DropTarget['take']): void {
  const latest = useRef(take);
  latest.current = take;
  useEffect(() => {
    const target: DropTarget = { release, take: (files) => latest.current(files) };
    dropTarget.value = target;
    return () => {
      if (dropTarget.value === target) dropTarget.value = null;
    };
  }, [release]);
}
