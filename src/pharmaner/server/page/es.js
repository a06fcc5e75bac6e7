/** The page's texts in Spanish. */

const number = (value) => new Intl.NumberFormat("es").format(value);

const counted = (one, many) => (value) => (value === 1 ? `1 ${one}` : `${number(value)} ${many}`);

const mentionsOf = counted("mención", "menciones");

export default {
  skip: "Ir al contenido",
  tagline: "Fármacos, sustancias y proteínas en notas clínicas",
  language: "Idioma",
  privacyHere: "El texto no sale de este equipo",
  privacyThere: (host) => `El texto solo va a ${host} y no sale de ahí; no se guarda`,
  editorLabel: "Nota clínica",
  editorHint:
    "Pegue o escriba una nota, o suelte aquí archivos .txt o .zip. El texto no se guarda ni se registra.",
  analyse: "Analizar",
  analysing: "Analizando…",
  stillAnalysing: "Todavía se está analizando; uno tras otro.",
  openFiles: "Abrir archivos…",
  sample: "Nota de ejemplo",
  replaceNote: "¿Sustituir lo escrito por la nota de ejemplo?",
  back: "Volver a los resultados",
  shortcut: "Ctrl + Intro",
  noteName: "nota",
  documents: "Documentos",
  newNote: "+ Añadir nota",
  types: "Tipos",
  minimumScore: "Confianza mínima",
  export: "Exportar",
  exportHint: (shown, all) =>
    shown === all
      ? `Se exporta lo que se muestra: ${mentionsOf(all)}.`
      : `Se exporta lo que se muestra: ${number(shown)} de ${mentionsOf(all)}.`,
  format: "Formato",
  copy: "Copiar",
  download: "Descargar",
  bratHint: ".ann: nota mostrada; .zip: todas, con su .txt",
  edit: "Editar",
  remove: "Quitar",
  noteLabel: "Nota con las menciones resaltadas; las flechas van de una a otra",
  substances: "Sustancias",
  scope: "Ámbito de la lista",
  scopeShown: "Esta nota",
  scopeAll: "Todas",
  substancesHint: "Pulse una para ir a su siguiente mención.",
  nothingFound: "No hay menciones que mostrar.",
  mentions: mentionsOf,
  substancesFound: counted("sustancia distinta", "sustancias distintas"),
  characters: counted("carácter", "caracteres"),
  occurrence: (name, place, all) => `${name}: ${place} de ${all}`,
  score: "Confianza",
  code: "Código",
  position: "Posición",
  copied: (format) => `Copiado: ${format}`,
  downloaded: (name) => `Descargado: ${name}`,
  copyFailed: "El navegador no ha permitido copiar.",
  model: (types, version) => `Tipos del modelo: ${types}. pharmaner ${version}.`,
  modelScore: (f1) => `F1 estricta ${f1} en el corpus de desarrollo.`,
  disclaimer: "No es un producto sanitario: ayuda a leer, no sustituye la revisión.",
  apiLink: "Descripción de la API",
  keyLabel: "Este servicio pide una clave de acceso",
  keySend: "Usar la clave",
  keyWrong: "La clave no es válida.",
  emptyNote: "No hay texto que analizar.",
  noDocuments: "El archivo no contiene ningún .txt.",
  failures: {
    0: "El servicio no responde. ¿Sigue en marcha?",
    400: "El archivo no se puede leer: se aceptan .txt en UTF-8 y .zip de ellos.",
    413: "El texto o el archivo es demasiado grande.",
    415: "Se aceptan archivos .txt y .zip.",
    422: "El texto contiene caracteres que no se pueden leer.",
    503: "El servicio está ocupado. Inténtelo de nuevo dentro de unos segundos.",
    504: "El análisis ha tardado demasiado.",
    other: "El servicio ha fallado.",
  },
  tags: { NORMALIZABLES: "sust.", NO_NORMALIZABLES: "s/norm.", PROTEINAS: "prot." },
  labels: {
    NORMALIZABLES: "Fármaco o sustancia",
    NO_NORMALIZABLES: "Sustancia no normalizable",
    PROTEINAS: "Proteína",
  },
};
