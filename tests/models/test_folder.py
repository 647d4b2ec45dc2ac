from __future__ import annotations

import json
import pickletools
import random
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made_examples import resign
from safetensors.numpy import load_file, save_file

from claimtypes.errors import BadInput, Refused
from claimtypes.models.examples import Examples
from claimtypes.models.folder import load_model, save_model
from claimtypes.models.model import Model
from claimtypes.models.recipe import Recipe
from claimtypes.models.train import train


@pytest.fixture
def model(recipe: Recipe, examples: Examples) -> Model:
    return train(recipe, examples)


@pytest.fixture
def folder(model: Model, tmp_path: Path) -> Path:
    return save_model(model, tmp_path / "model")


def test_a_model_folder_holds_what_it_should_and_no_pickle(folder: Path) -> None:
    names = {path.name for path in folder.iterdir()}
    assert names == {
        "README.md", "SHA256SUMS", "config.json", "model.safetensors", "probes.jsonl",
        "vocabulary.txt",
    }  # fmt: skip
    for path in folder.iterdir():
        data = path.read_bytes()
        # A pickle of protocol 2 or later begins so; older ones end in a full stop after opcodes.
        assert b"\x80\x04\x95" not in data
        assert b"\x80\x05\x95" not in data
        with pytest.raises((ValueError, IndexError, KeyError, TypeError, UnicodeError)):
            list(pickletools.genops(data))
    assert "model-index:" in (folder / "README.md").read_text()


def test_probes_are_no_sentences_of_the_training_texts(folder: Path, examples: Examples) -> None:
    probes = [json.loads(line) for line in (folder / "probes.jsonl").read_text().splitlines()]
    assert len(probes) == 50
    assert not {probe["text"] for probe in probes} & set(examples.texts)


def flip(path: Path, chance: random.Random) -> None:
    data = bytearray(path.read_bytes())
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    path.write_bytes(data)


def truncate(path: Path, chance: random.Random) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: chance.randrange(len(data))])


def test_200_damaged_models_are_refused(folder: Path, tmp_path: Path) -> None:
    chance = random.Random(7)
    names = sorted(path.name for path in folder.iterdir())
    refused = 0
    for number in range(200):
        damaged = tmp_path / "damaged"
        shutil.copytree(folder, damaged)
        victim = damaged / names[number % len(names)]
        (flip if number % 3 else truncate)(victim, chance)
        with pytest.raises((Refused, BadInput)):
            load_model(damaged)
        refused += 1
        shutil.rmtree(damaged)
    assert refused == 200


def test_weights_damaged_and_signed_again_are_refused_by_the_probes(
    folder: Path, tmp_path: Path
) -> None:
    tensors = load_file(folder / "model.safetensors")
    chance = np.random.default_rng(3)
    for number in range(40):
        damaged = tmp_path / "damaged"
        shutil.copytree(folder, damaged)
        changed = {name: held.copy() for name, held in tensors.items()}
        if number == 0:
            # What safetensors writes of a Fortran-order array: its buffer, read as C order.
            weights = np.asfortranarray(changed["weights"])
            changed["weights"] = np.frombuffer(weights.tobytes("A"), np.float32).reshape(
                weights.shape
            )
        elif number == 1:
            changed["weights"] = np.ascontiguousarray(changed["weights"][:, ::-1])
        else:
            rows = chance.choice(len(changed["weights"]), size=len(changed["weights"]) // 4)
            changed["weights"][rows] *= -1
        save_file(changed, damaged / "model.safetensors")
        resign(damaged)
        with pytest.raises(Refused, match="probes"):
            load_model(damaged)
        shutil.rmtree(damaged)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c["labels"].reverse(), "order"),
        (lambda c: c.update(format=2), "format 2"),
        (lambda c: c.update(thresholds=[0.5]), "finite numbers"),
        (lambda c: c["recipe"].update(kind="os.system"), "no kind of model"),
        (lambda c: c["tensors"]["weights"].update(shape=[1, 2]), "shapes"),
        (lambda c: c.pop("scorer"), "damaged"),
        (lambda c: c["scorer"].update(terms=[1, 2]), "words"),
        (lambda c: c["calibration"]["slopes"].reverse(), "probes"),
    ],
)
def test_a_config_changed_and_signed_again_is_refused(folder: Path, change, message) -> None:
    path = folder / "config.json"
    config = json.loads(path.read_text())
    change(config)
    path.write_text(json.dumps(config))
    resign(folder)
    with pytest.raises(Refused, match=message):
        load_model(folder)


def test_label_order_swapped_with_its_digest_is_refused_by_the_probes(folder: Path) -> None:
    from claimtypes.models.examples import digest_names

    path = folder / "config.json"
    config = json.loads(path.read_text())
    config["labels"].reverse()
    config["labels_digest"] = digest_names([label["name"] for label in config["labels"]])
    path.write_text(json.dumps(config))
    resign(folder)
    with pytest.raises(Refused, match="probes"):
        load_model(folder)


def test_foreign_models_are_refused_and_run_nothing(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    attack = f"cos\nsystem\n(S'touch {canary}'\ntR.".encode()
    for name in ("config.json", "model.safetensors", "vocabulary.txt", "model.pkl", "model.joblib"):
        folder = tmp_path / f"foreign-{name}"
        folder.mkdir()
        (folder / "config.json").write_text("{}")
        (folder / name).write_bytes(attack)
        resign(folder)
        with pytest.raises((Refused, BadInput)):
            load_model(folder)
    with pytest.raises(BadInput, match="no model folder"):
        load_model(tmp_path)
    assert not canary.exists()


def test_other_labels_and_other_releases_are_refused(model: Model) -> None:
    model.require_labels(model.names)
    with pytest.raises(Refused, match="trained for the labels"):
        model.require_labels(model.names[::-1])
    with pytest.raises(Refused, match="trained on the data"):
        model.require_release("0" * 64)


def test_a_writer_that_would_change_the_weights_is_found_out(
    model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import safetensors.numpy

    real = safetensors.numpy.save
    monkeypatch.setattr(
        safetensors.numpy,
        "save",
        lambda tensors: real({name: held * 1.01 for name, held in tensors.items()}),
    )
    with pytest.raises(Refused, match="probes"):
        save_model(model, tmp_path / "model")
    assert not (tmp_path / "model").exists()


def test_saving_over_a_model_needs_saying_so(model: Model, folder: Path) -> None:
    with pytest.raises(Refused, match="exists"):
        save_model(model, folder)
    save_model(replace(model, metrics={"macro_f1": 0.5}), folder, replace=True)
    assert "0.5000" in (folder / "README.md").read_text()
    assert load_model(folder).metrics == {"macro_f1": 0.5}


def test_prediction_needs_no_scikit_learn(folder: Path) -> None:
    import subprocess
    import sys

    script = (
        "import sys\n"
        "for name in ('sklearn', 'scipy', 'pyarrow'): sys.modules[name] = None\n"
        "from pathlib import Path\n"
        "from claimtypes.models.folder import load_model\n"
        "print(load_model(Path(sys.argv[1])).predict_proba(['They denied it.']).shape)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(folder)], capture_output=True, text=True, check=True
    )
    assert done.stdout == "(1, 2)\n"
