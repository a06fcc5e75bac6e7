"""The sections of a model's report as texts, whatever they are shown in; ratios in percent."""

import math
from typing import Any

from pharmaner.report.model_content import CALIBRATED_ON, CHOSEN_ON, LEARNED_FROM, WATCHED
from pharmaner.report.sections import Section, Spanish, counted, interval

_RATIOS = {"precision": "P", "recall": "R", "f1": "F1"}
_COUNTS = ("true_positives", "false_positives", "false_negatives")

_IN_TRAINING = {
    LEARNED_FROM: (
        "The model learned from these very documents: the scores say how well it remembers them, "
        "nothing about others.",
        "El modelo aprendió de estos mismos documentos: las cifras dicen cuánto recuerda, nada "
        "sobre otros.",
    ),
    CHOSEN_ON: (
        "The kept epoch was chosen by its F1 on these very documents, so the scores flatter; "
        "expect less on documents never looked at.",
        "La época conservada se eligió por su F1 en estos mismos documentos: las cifras son "
        "optimistas; en documentos no vistos cabe esperar menos.",
    ),
    WATCHED: (
        "Each epoch of the training was scored on these documents, but the last was kept whatever "
        "their scores.",
        "Cada época se evaluó con estos documentos, pero se conservó la última fueran cuales "
        "fueran las cifras.",
    ),
    CALIBRATED_ON: (
        "The scores' temperature was fitted on these very documents, so their calibration "
        "flatters; P, R and F1 do not depend on it.",
        "La temperatura de las puntuaciones se ajustó con estos mismos documentos: su calibración "
        "es optimista; P, R y F1 no dependen de ella.",
    ),
}

_SCORE_OF = {
    False: "A mention's score is the probability of exactly this mention: its type, its start and "
    "its end.",
    True: "A mention's score is the lowest, over its words, of the probability that the word is of "
    "the mention's type; it speaks of the type alone.",
}
"""By whether every word is decided by itself."""

_UNKNOWN = (
    "The hash of these documents with their mentions is neither that of the training's corpus nor "
    "that of its dev corpus. Whether single documents were learned from or chosen on, a model "
    "folder cannot tell.",
    "El hash de estos documentos con sus menciones no es ni el del corpus de entrenamiento ni el "
    "del dev. Si el modelo aprendió de alguno de ellos, su carpeta no permite saberlo.",
)


def training_section(content: dict[str, Any]) -> Section:
    """Every epoch of the training."""
    kept, last = content["kept_epoch"], content["epochs"][-1]["epoch"]
    best = content["keep"] == "best"
    why = "the best F1 on the dev corpus" if best else "the last; nothing was chosen"
    why_es = "la de mejor F1 en dev" if best else "la última; nada se eligió"
    has_dev = any(epoch["dev"] for epoch in content["epochs"])
    rows = [_epoch(epoch, kept, has_dev) for epoch in content["epochs"]]
    dev = [f"dev {name}" for name in _RATIOS.values()] if has_dev else []
    columns = ["epoch", "loss", *dev, "s", "pieces/s"]
    notes = [
        f"Epoch {kept} of {last} was kept: {why}. Loss is the mean over the pieces that are "
        "learned from; the seconds are those of the steps, without scoring."
    ]
    spanish = [f"Se conservó la época {kept} de {last}: {why_es}."]
    return Section("Training", notes, columns, rows, Spanish("Entrenamiento", spanish))


def _epoch(epoch: dict[str, Any], kept: int, has_dev: bool) -> list[str]:
    name = f"{epoch['epoch']} (kept)" if epoch["epoch"] == kept else str(epoch["epoch"])
    loss = "not finite" if epoch["loss"] is None else f"{epoch['loss']:.4f}"
    dev = epoch["dev"]
    ratios = [f"{100 * dev[ratio]:.2f}" if dev else "-" for ratio in _RATIOS] if has_dev else []
    return [name, loss, *ratios, f"{epoch['seconds']:.1f}", f"{epoch['pieces_per_second']:.0f}"]


def stored_section(content: dict[str, Any]) -> Section:
    """The dev scores that the manifest holds; no rows where it holds none."""
    stored = content["stored_dev"]
    notes, spanish, rows = [], [], []
    if stored:
        documents = counted(stored["documents"], "dev document")
        notes.append(f"Exact type, start and end, over {documents}, when the model was trained.")
        spanish.append("Tipo, inicio y fin exactos; medido al entrenar.")
        if content["keep"] == "best":
            notes.append("The kept epoch was chosen by this F1, so it flatters.")
            spanish.append("La época se eligió por este F1: es optimista.")
        named = {**stored["by_type"], "micro": stored}
        rows = [
            [name, *(f"{100 * found[ratio]:.2f}" for ratio in _RATIOS), *_tallies(found)]
            for name, found in named.items()
        ]
    else:
        notes.append("The model was trained without a dev corpus: no scores are stored with it.")
        spanish.append("El modelo se entrenó sin corpus dev: no guarda cifras.")
    if not content["dev"]:
        notes.append(
            "With --dev FOLDER, an annotated folder, this report adds scores with 95 % "
            "intervals, precision and recall by score threshold, and calibration."
        )
        spanish.append(
            "Con --dev FOLDER, una carpeta anotada, este informe añade cifras con intervalos del "
            "95 %, precisión y cobertura según el umbral, y calibración."
        )
    columns = ["type", *_RATIOS.values(), "TP", "FP", "FN"]
    title = "Scores stored with the model"
    return Section(title, notes, columns, rows, Spanish("Cifras guardadas con el modelo", spanish))


def scores_section(dev: dict[str, Any]) -> Section:
    """P, R and F1 by type and micro, with intervals."""
    score, every = dev["score"], dev["intervals"]
    said = [_IN_TRAINING[kind] for kind in dev["in_training"]] or [_UNKNOWN]
    documents = counted(score["documents"], "document")
    notes = [
        f"Exact type, start and end, over {documents} of {dev['name']}; in parentheses 95 % "
        f"percentile intervals of a bootstrap over documents ({dev['bootstrap']['resamples']:,} "
        "resamples). They say how the figures vary with the documents, not with the training; "
        "with few documents they are too narrow.",
        *(english for english, _ in said),
    ]
    if dev["left_out"]:
        kinds = ", ".join(f"{count} {label}" for label, count in dev["left_out"].items())
        notes.append(f"Gold mentions of types that the model is not to find, not scored: {kinds}.")
    named = [(t, score["by_type"][t], every["by_type"][t]) for t in score["by_type"]]
    rows = [
        [name, *(_with_interval(found[ratio]) for ratio in _RATIOS), *_tallies(counts)]
        for name, counts, found in [*named, ("micro", score, every["micro"])]
    ]
    columns = ["type", *_RATIOS.values(), "TP", "FP", "FN"]
    spanish = ["Entre paréntesis, intervalos del 95 % (bootstrap de documentos)."]
    spanish += [text for _, text in said]
    title = "Scores with 95 % intervals"
    return Section(title, notes, columns, rows, Spanish("Cifras con intervalos del 95 %", spanish))


def threshold_section(dev: dict[str, Any]) -> Section:
    """P, R and F1 when only mentions with at least some score are kept."""
    notes = [
        f"{_SCORE_OF[dev['decides_words_alone']]} Keeping mentions from a score upwards trades "
        "recall for precision; the first row keeps them all.",
    ]
    spanish = ["Exigir una puntuación mínima cambia cobertura por precisión."]
    best, shown = dev["best_threshold"], dev["thresholds"]
    if best is None:
        notes = ["The model predicted no mention: there is nothing to keep or to leave out."]
        spanish = ["El modelo no predijo ninguna mención."]
    else:
        f1, threshold = f"{100 * best['f1']:.2f}", _threshold(best)
        notes.append(
            f"F1 is highest, {f1}, from a score of {threshold} upwards, but that threshold was "
            "chosen on these very documents, so this F1 flatters: try it on others."
        )
        spanish.append(
            f"El F1 es máximo, {f1}, desde {threshold}, pero ese umbral se eligió con estos mismos "
            "documentos: la cifra es optimista."
        )
    if len(shown) < dev["distinct_scores"]:
        notes.append(
            f"{len(shown)} of {dev['distinct_scores']:,} distinct scores are listed, some evenly "
            "spaced by score, some by rank."
        )
    rows = [
        [_threshold(p), *(f"{100 * p[ratio]:.2f}" for ratio in _RATIOS), *_tallies(p)]
        for p in shown
    ]
    columns = ["score from", *_RATIOS.values(), "TP", "FP", "FN"]
    title = "Precision and recall by score threshold"
    spanish_title = "Precisión y cobertura según el umbral"
    return Section(title, notes, columns, rows, Spanish(spanish_title, spanish))


def calibration_section(dev: dict[str, Any]) -> Section:
    """Reliability by bin."""
    found = dev["calibration"]
    predictions = sum(shown["predictions"] for shown in found["bins"])
    if not predictions:
        notes = ["The model predicted no mention: there is no score to compare."]
        return Section(
            "Calibration", notes, [], [], Spanish("Calibración", ["No hay ninguna predicción."])
        )
    error, brier = f"{100 * found['expected_error']:.2f}", f"{found['brier']:.4f}"
    notes = [
        f"Expected calibration error {error} points (ten bins of equal width; Guo et al., 2017), "
        f"Brier score {brier} (0 is best), over {counted(predictions, 'predicted mention')}.",
        "Only predicted mentions are judged: those that the model missed have no score and do not "
        f"count. Right means exact type, start and end. {_SCORE_OF[dev['decides_words_alone']]}",
        *(english for english, _ in _fitted(dev)),
    ]
    rows = [
        [
            f"{shown['low']:.1f} to {shown['high']:.1f}",
            str(shown["predictions"]),
            str(shown["right"]),
            *(_percent(shown[name]) for name in ("mean_score", "share_right")),
        ]
        for shown in found["bins"]
    ]
    columns = ["score", "predictions", "right", "mean score, %", "right, %"]
    spanish = [
        f"Error de calibración esperado: {error} puntos; Brier: {brier}.",
        "Solo se juzgan las menciones predichas: las omitidas no cuentan.",
        *(text for _, text in _fitted(dev)),
    ]
    return Section("Calibration", notes, columns, rows, Spanish("Calibración", spanish))


def _fitted(dev: dict[str, Any]) -> list[tuple[str, str]]:
    return [_IN_TRAINING[CALIBRATED_ON]] if CALIBRATED_ON in dev["in_training"] else []


def _with_interval(found: dict[str, float]) -> str:
    return f"{100 * found['value']:.2f} ({interval(found)})"


def _threshold(point: dict[str, Any]) -> str:
    """Rounded down, so that it keeps what the exact threshold in report.json keeps."""
    return f"{math.floor(1e6 * point['threshold']) / 1e6:.6f}"


def _tallies(counts: dict[str, Any]) -> list[str]:
    return [str(counts[name]) for name in _COUNTS]


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f}"
