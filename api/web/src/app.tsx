/** The frame around every view: navigation, choices, and the view that the address names. */
import { useEffect, useRef } from 'preact/hooks';
import { Announcer } from './parts/announcer.js';
import { DropArea } from './parts/drop-area.js';
import { Icon } from './parts/icons.js';
import { lazy } from './parts/lazy.js';
import { Link, type Route, useRoute } from './routing/router.js';
import { useValue } from './state/observable.js';
import { keepKey, key, language, THEMES, theme } from './state/settings.js';
import { LANGUAGES, languageName } from './texts/catalogue.js';
import { useTexts } from './texts/index.js';
import { NotFound } from './views/not-found.js';
import { Predict } from './views/predict.js';

const LINKS = [
  { view: 'predict', href: '/' },
  { view: 'history', href: '/history' },
  { view: 'models', href: '/models' },
  { view: 'train', href: '/datasets' },
  { view: 'operations', href: '/operations' },
] as const;

/** Views that a link of the navigation stands for, besides the one of its name. */
const WITHIN: Readonly<Partial<Record<Route['view'], string>>> = {
  feedback: 'history',
  model: 'models',
  'add-model': 'models',
  catalogue: 'models',
  datasets: 'train',
  dataset: 'train',
  trainings: 'train',
  training: 'train',
};

function Navigation({ route }: { readonly route: Route }) {
  const t = useTexts();
  const element = useRef<HTMLElement>(null);
  // On a narrow screen the links scroll: the one of this view is always seen.
  useEffect(() => {
    const link = element.current?.querySelector<HTMLElement>('[aria-current]');
    if (link) element.current?.scrollTo({ left: link.offsetLeft - element.current.clientWidth / 2 });
  }, [route.view]);
  return (
    <nav aria-label={t.nav.label} ref={element}>
      <ul>
        {LINKS.map(({ view, href }) => (
          <li key={view}>
            <Link href={href} aria-current={(WITHIN[route.view] ?? route.view) === view ? 'page' : undefined}>
              {t.nav[view]}
            </Link>
          </li>
        ))}
        <li>
          <a href="/docs/">{t.nav.docs}</a>
        </li>
      </ul>
    </nav>
  );
}

function Choices() {
  const t = useTexts();
  const current = useValue(theme);
  const next = THEMES[(THEMES.indexOf(current) + 1) % THEMES.length] ?? 'auto';
  return (
    <div class="choices">
      {useValue(key) !== null && (
        <button
          type="button"
          class="icon-button"
          aria-label={t.key.forget}
          onClick={() => {
            keepKey.value = false;
            key.value = null;
          }}
        >
          <Icon name="key" />
        </button>
      )}
      <button
        type="button"
        class="icon-button"
        aria-label={`${t.theme.label}: ${t.theme[current]}`}
        onClick={() => {
          theme.value = next;
        }}
      >
        <Icon name={current} />
      </button>
      <select
        class="language"
        aria-label={t.language}
        value={useValue(language)}
        onChange={(event) => {
          language.value = event.currentTarget.value;
        }}
      >
        {LANGUAGES.map((code) => (
          <option key={code} value={code} lang={code}>
            {languageName(code)}
          </option>
        ))}
      </select>
    </div>
  );
}

/** Views that few look at come when they are looked at. */
const History = lazy(async () => (await import('./views/history.js')).History);
const PredictionPage = lazy(async () => (await import('./views/prediction.js')).PredictionPage);
const Models = lazy(async () => (await import('./models/overview.js')).Models);
const ModelPage = lazy(async () => (await import('./models/model-page.js')).ModelPage);
const AddModel = lazy(async () => (await import('./models/add-model.js')).AddModel);
const Catalogue = lazy(async () => (await import('./models/catalogue.js')).Catalogue);
const Inbox = lazy(async () => (await import('./feedback/inbox.js')).Inbox);
const Operations = lazy(async () => (await import('./views/operations.js')).Operations);
const Datasets = lazy(async () => (await import('./views/datasets.js')).Datasets);
const DatasetPage = lazy(async () => (await import('./views/dataset.js')).DatasetPage);
const Trainings = lazy(async () => (await import('./views/trainings.js')).Trainings);
const TrainingPage = lazy(async () => (await import('./views/training.js')).TrainingPage);

function View({ route }: { readonly route: Route }) {
  switch (route.view) {
    case 'predict':
      return <Predict />;
    case 'prediction':
      return <PredictionPage key={route.id} id={route.id} />;
    case 'history':
      return <History />;
    case 'models':
      return <Models />;
    case 'model':
      return <ModelPage key={route.id} name={route.id} />;
    case 'add-model':
      return <AddModel />;
    case 'catalogue':
      return <Catalogue />;
    case 'datasets':
      return <Datasets />;
    case 'dataset':
      return <DatasetPage key={route.id} id={route.id} />;
    case 'trainings':
      return <Trainings />;
    case 'training':
      return <TrainingPage key={route.id} id={route.id} />;
    case 'feedback':
      return <Inbox />;
    case 'operations':
      return <Operations />;
    case 'unknown':
      return <NotFound />;
  }
}

/** After a change of view the focus goes to its heading, as it would on a page that was loaded. */
function useViewChange(route: Route, title: string) {
  const first = useRef(true);
  const main = useRef<HTMLElement>(null);
  // Another prediction is another view.
  useEffect(() => {
    if (!first.current) main.current?.querySelector('h1')?.focus({ preventScroll: true });
    first.current = false;
  }, [route.view, 'id' in route ? route.id : '']);
  useEffect(() => {
    document.title = title;
  }, [title]);
  return main;
}

export function App() {
  const t = useTexts();
  const route = useRoute();
  const titles: Record<Route['view'], string> = {
    predict: t.nav.predict,
    prediction: t.result.fact.id,
    history: t.nav.history,
    feedback: t.feedback.inbox,
    models: t.nav.models,
    model: 'id' in route ? route.id : '',
    'add-model': t.models.add,
    catalogue: t.models.catalogue,
    datasets: t.train.datasets,
    dataset: t.train.datasets,
    trainings: t.train.trainings,
    training: t.train.trainings,
    operations: t.nav.operations,
    unknown: t.common.notFoundTitle,
  };
  const main = useViewChange(route, `${titles[route.view]} · Scry`);
  return (
    <>
      <a class="skip" href="#main">
        {t.skip}
      </a>
      <header class="masthead">
        <Link class="brand" href="/">
          <Icon name="mark" />
          Scry
        </Link>
        <Navigation route={route} />
        <Choices />
      </header>
      <main id="main" ref={main} tabIndex={-1}>
        <View route={route} />
      </main>
      <DropArea />
      <Announcer />
    </>
  );
}
