/** The files of a model that is to be added, and its name. */
import { useEffect, useId, useState } from 'preact/hooks';
import { mostModelBytes } from '../client/limits.js';
import { useModels } from '../client/models.js';
import { FileButton } from '../parts/file-button.js';
import { useLeavesFocus } from '../parts/heading.js';
import { Icon } from '../parts/icons.js';
import { useDropTarget } from '../state/drop-target.js';
import { givenModels } from '../state/given-models.js';
import { bytes, useTexts } from '../texts/models.js';
import { mainFile, suggestedName } from './model-files.js';

const ACCEPTED = '.onnx,.keras,.h5,.hdf5,.zip,.json,.bin,.cfg,.weights,.txt,.names,.data';
const NAME = '[a-z0-9][a-z0-9._\\-]{0,62}';

interface Props {
  readonly sending: boolean;
  readonly onSend: (files: readonly File[], name: string) => void;
}

export function ChooseFiles({ sending, onSend }: Props) {
  const t = useTexts();
  const form = useLeavesFocus<HTMLFormElement>();
  const [files, setFiles] = useState(givenModels.value);
  /** Null: as the files suggest. */
  const [named, setNamed] = useState<string | null>(null);
  const name = named ?? suggestedName(files);
  const [most, setMost] = useState(Number.POSITIVE_INFINITY);
  useEffect(() => void mostModelBytes().then(setMost), []);
  useEffect(() => {
    givenModels.value = []; // taken
  }, []);
  const take = (more: readonly File[]) => {
    const names = new Set(more.map((file) => file.name));
    if (!sending) setFiles((before) => [...before.filter((file) => !names.has(file.name)), ...more]);
  };
  useDropTarget(t.addModel.release, (given) => take(given.map(({ file }) => file)));
  const submit = (event: Event) => {
    event.preventDefault();
    if (!sending) onSend(files, name);
  };
  return (
    <form class="choose-files" ref={form} onSubmit={submit}>
      <div class={`drop-zone${files.length > 0 ? ' compact' : ''}`}>
        <div class="drop-words">
          <strong>{t.addModel.drop}</strong>
          <span>{t.addModel.formats}</span>
        </div>
        <div class="drop-buttons">
          <FileButton
            label={t.addModel.pick}
            look={files.length > 0 ? '' : 'primary'}
            icon={true}
            accept={ACCEPTED}
            multiple={true}
            disabled={sending}
            onFiles={(given) => take(given.map(({ file }) => file))}
          />
        </div>
      </div>
      {files.length > 0 && (
        <Chosen
          files={files}
          most={most}
          name={name}
          sending={sending}
          onName={setNamed}
          onRemove={(gone) => setFiles(files.filter((file) => file !== gone))}
        />
      )}
    </form>
  );
}

interface ChosenProps {
  readonly files: readonly File[];
  /** Bytes that the server takes. */
  readonly most: number;
  readonly name: string;
  readonly sending: boolean;
  readonly onName: (name: string) => void;
  readonly onRemove: (file: File) => void;
}

function Chosen({ files, most, name, sending, onName, onRemove }: ChosenProps) {
  const t = useTexts();
  const id = useId();
  const { models } = useModels();
  const main = mainFile(files);
  const zip = main !== undefined && /\.zip$/i.test(main.name);
  const size = files.reduce((sum, file) => sum + file.size, 0);
  const exists = models?.some((model) => model.name === name) ?? false;
  return (
    <>
      <ul class="chosen-files" aria-label={t.addModel.files}>
        {files.map((file) => (
          <li key={file.name}>
            <span class="file-name">{file.name}</span>
            <span class="quiet-text figures">{bytes(file.size)}</span>
            <button
              type="button"
              class="icon-button"
              aria-label={t.addModel.removeFile(file.name)}
              disabled={sending}
              onClick={() => onRemove(file)}
            >
              <Icon name="close" />
            </button>
          </li>
        ))}
      </ul>
      {!main && <p class="notice bad">{t.addModel.noWeights}</p>}
      {main && size > most && <p class="notice bad">{t.addModel.tooLarge(bytes(size), bytes(most))}</p>}
      {main && size <= most && (
        <div class="field-row">
          <label class="field grow">
            <span>{t.addModel.name}</span>
            <input
              value={name}
              pattern={NAME}
              required={!zip}
              disabled={sending}
              autoCapitalize="off"
              spellcheck={false}
              aria-describedby={id}
              onInput={(event) => onName(event.currentTarget.value)}
            />
            <small id={id}>
              {exists ? t.addModel.newVersion(name) : zip ? t.addModel.nameZip : t.addModel.nameHelp}
            </small>
          </label>
          <button type="submit" class="primary" aria-disabled={sending}>
            {t.addModel.upload}
          </button>
        </div>
      )}
    </>
  );
}
