/** The image of a prediction with its answer over it, and what the model saw of it. */
import type { PredictionView } from '@scry/shared/contracts/prediction';
import { hasEnded } from '../client/predictions.js';
import type { Content } from './content.js';
import { SeenPart, SeenTool } from './seen.js';
import { Stage } from './stage.js';
import type { Steps } from './stage-tools.js';

interface Props {
  readonly prediction: PredictionView;
  readonly name: string;
  readonly content: Content;
  readonly steps?: Steps | undefined;
}

export function PredictionStage({ prediction, name, content, steps }: Props) {
  const { view, shown, seen, onBroken } = content;
  return (
    <Stage
      url={shown.image.url}
      name={name}
      image={prediction.image}
      busy={!hasEnded(prediction)}
      onBroken={onBroken}
      steps={steps}
      overlay={(zoom) => (
        <>
          {view.overlay(shown, zoom)}
          <SeenPart seen={seen} />
        </>
      )}
      tools={<SeenTool seen={seen} />}
    />
  );
}
