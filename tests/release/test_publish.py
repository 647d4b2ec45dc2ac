from __future__ import annotations

import hashlib
import io
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import claimtypes
from claimtypes.errors import BadInput, ClaimtypesError, Refused
from claimtypes.project import Project
from claimtypes.release.git import run_git
from claimtypes.release.load import cache_folder, fetch
from claimtypes.release.publish import open_target, publish


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A bucket of a real S3 server on loopback."""
    server = pytest.importorskip("moto.server").ThreadedMotoServer(
        ip_address="127.0.0.1", port=0, verbose=False
    )
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL_S3", f"http://{host}:{port}")
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        import boto3

        boto3.client("s3").create_bucket(Bucket="corpora")
        yield "s3://corpora"
    server.stop()


@pytest.fixture(scope="session")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Hugging Face hub on loopback."""
    pytest.importorskip("olah")
    import huggingface_hub.constants as constants
    from hub_server import HubServer

    folder = tmp_path_factory.mktemp("hub")
    server = HubServer(folder)
    with pytest.MonkeyPatch.context() as patch:
        # The client reads its environment once, when it is first imported.
        for name, value in {"ENDPOINT": server.endpoint, "HF_HUB_DISABLE_XET": True}.items():
            patch.setattr(constants, name, value)
        patch.setattr("huggingface_hub.hf_api.api.endpoint", server.endpoint)
        patch.setattr(
            constants,
            "HUGGINGFACE_CO_URL_TEMPLATE",
            server.endpoint + "/{repo_id}/resolve/{revision}/{filename}",
        )
        patch.setenv("HF_ENDPOINT", server.endpoint)
        patch.setenv("HF_TOKEN", "hf_test")
        patch.setenv("HF_HUB_DISABLE_XET", "1")
        yield "hf://datasets/someone"
    server.stop()


@pytest.fixture(params=["folder", "git", "s3", "hub"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Each kind of target, empty."""
    if request.param == "folder":
        return str(tmp_path / "published")
    if request.param == "git":
        run_git(tmp_path, "init", "--quiet", "--bare", "remote.git")
        return str(tmp_path / "remote.git")
    name = hashlib.sha256(request.node.name.encode()).hexdigest()[:12]
    return f"{request.getfixturevalue(request.param)}/{name}"


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLAIMTYPES_CACHE", str(tmp_path / "cache"))


def same(one: Path, other: Path) -> bool:
    return (one / "SHA256SUMS").read_bytes() == (other / "SHA256SUMS").read_bytes()


def test_what_is_published_is_read_back_by_version(place: str, versions: dict[str, Path]) -> None:
    for version in ("1.0.0", "2.0.0"):
        published = publish(versions[version], place)
        assert (published.version, published.kind) == (version, "dataset")
    assert open_target(place).versions() == ["1.0.0", "2.0.0"]
    assert same(fetch(place, "1.0.0"), versions["1.0.0"])
    assert same(fetch(place), versions["2.0.0"])


def test_a_version_is_published_once(place: str, versions: dict[str, Path]) -> None:
    publish(versions["1.0.0"], place)
    with pytest.raises(Refused, match=r"1\.0\.0 is published at .* already"):
        publish(versions["1.0.0"], place)


def test_a_race_for_a_version_is_won_by_one(place: str, versions: dict[str, Path]) -> None:
    from claimtypes.release.parcel import wrap

    slow = open_target(place)
    parcel = wrap(versions["1.0.0"])
    slow.stage(parcel)
    publish(versions["1.0.0"], place)
    if place.startswith("s3://"):
        slow.tag(parcel)  # the same bytes: nothing is overwritten
    else:
        with pytest.raises(ClaimtypesError):
            slow.tag(parcel)
    assert same(fetch(place, "1.0.0"), versions["1.0.0"])


def test_what_is_staged_is_no_version(place: str, versions: dict[str, Path]) -> None:
    from claimtypes.release.parcel import wrap

    open_target(place).stage(wrap(versions["1.0.0"]))
    assert open_target(place).versions() == []
    with pytest.raises(BadInput, match=r"has no (release|version)"):
        fetch(place, "1.0.0")
    publish(versions["1.0.0"], place)


def test_a_tampered_byte_is_not_published(place: str, release: Path) -> None:
    card = release / "README.md"
    card.write_bytes(card.read_bytes().replace(b"Biases", b"Biased", 1))
    with pytest.raises(Refused, match=r"checksum-mismatch README\.md"):
        publish(release, place)
    assert open_target(place).versions() == []


def test_a_change_that_is_not_listed_is_not_published(
    tmp_path: Path, versions: dict[str, Path]
) -> None:
    place = str(tmp_path / "published")
    publish(versions["1.0.0"], place)
    with pytest.raises(Refused, match=r"previous-mismatch|change-without-entry"):
        publish(versions["unlisted"], place)


def test_a_git_version_is_an_annotated_tag_on_main(
    tmp_path: Path, versions: dict[str, Path]
) -> None:
    run_git(tmp_path, "init", "--quiet", "--bare", "remote.git")
    remote = tmp_path / "remote.git"
    publish(versions["1.0.0"], f"git+file://{remote}")
    publish(versions["2.0.0"], str(remote))
    assert run_git(remote, "cat-file", "-t", "v1.0.0").strip() == "tag"
    assert run_git(remote, "rev-parse", "v2.0.0^{commit}") == run_git(remote, "rev-parse", "main")
    assert run_git(remote, "rev-list", "--count", "main").strip() == "2"
    branches = run_git(remote, "for-each-ref", "--format=%(refname)", "refs/heads")
    assert branches.split() == ["refs/heads/main"]
    sums = (versions["1.0.0"] / "SHA256SUMS").read_text()
    assert sums in run_git(remote, "cat-file", "tag", "v1.0.0")


def test_large_tables_go_to_git_s_large_file_storage(
    tmp_path: Path, ready: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    if shutil.which("git-lfs") is None:
        pytest.skip("needs git-lfs")
    from claimtypes.release import build, describe

    monkeypatch.setattr(describe, "LARGE_BYTES", 1000)
    folder = build.build(ready, "1.0.0").folder
    run_git(tmp_path, "init", "--quiet", "--bare", "remote.git")
    publish(folder, str(tmp_path / "remote.git"))
    stored = run_git(tmp_path / "remote.git", "show", "v1.0.0:sentences/train.parquet")
    assert stored.startswith("version https://git-lfs")
    assert same(fetch(str(tmp_path / "remote.git"), "1.0.0"), folder)


def test_the_same_release_gives_the_same_commit(tmp_path: Path, versions: dict[str, Path]) -> None:
    for name in ("one.git", "two.git"):
        run_git(tmp_path, "init", "--quiet", "--bare", name)
        publish(versions["1.0.0"], str(tmp_path / name))
    assert run_git(tmp_path / "one.git", "rev-parse", "v1.0.0") == run_git(
        tmp_path / "two.git", "rev-parse", "v1.0.0"
    )


def test_a_version_of_the_hub_is_loaded_by_name_and_never_another_when_it_is_away(
    hub: str, versions: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """datasets 5.2 answers for a pinned version with another one, once the hub is away."""
    for version in ("1.0.0", "2.0.0"):
        publish(versions[version], f"{hub}/pinned")
    for version in ("2.0.0", "1.0.0"):
        loaded = claimtypes.load("someone/pinned", version=version)["train"]
        assert str(loaded.info.version) == version
    shutil.rmtree(cache_folder() / "releases")
    claimtypes.load("someone/pinned", version="2.0.0")
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    assert str(claimtypes.load("someone/pinned", version="2.0.0")["train"].info.version) == "2.0.0"
    for version in ("1.0.0", None):
        with pytest.raises(ClaimtypesError):
            claimtypes.load("someone/pinned", version=version)


def test_an_object_that_exists_is_never_overwritten(s3: str, versions: dict[str, Path]) -> None:
    import boto3

    client = boto3.client("s3")
    client.put_object(Bucket="corpora", Key="taken/1.0.0/labels.json", Body=b"somebody else's")
    with pytest.raises(Refused, match="exists already with other content"):
        publish(versions["1.0.0"], f"{s3}/taken")
    body = client.get_object(Bucket="corpora", Key="taken/1.0.0/labels.json")["Body"].read()
    assert body == b"somebody else's"
    assert open_target(f"{s3}/taken").versions() == []


def test_damage_at_the_target_is_found_on_fetching(
    tmp_path: Path, versions: dict[str, Path]
) -> None:
    place = tmp_path / "published"
    publish(versions["1.0.0"], str(place))
    table = place / "1.0.0" / "sentences" / "train.parquet"
    content = bytearray(table.read_bytes())
    content[600] ^= 4
    table.write_bytes(bytes(content))
    with pytest.raises(Refused, match=r"sentences/train\.parquet"):
        fetch(str(place), "1.0.0")


def test_an_archive_has_the_same_bytes_every_time_and_is_read_back(
    tmp_path: Path, versions: dict[str, Path]
) -> None:
    one, two = tmp_path / "one.tar.gz", tmp_path / "two.tar.gz"
    copy = tmp_path / "copy"
    shutil.copytree(versions["1.0.0"], copy)  # other times and owners
    publish(versions["1.0.0"], str(one))
    publish(copy, str(two))
    assert one.read_bytes() == two.read_bytes()
    assert same(fetch(str(one)), versions["1.0.0"])
    with pytest.raises(Refused):
        publish(versions["1.0.0"], str(one))
    listed = subprocess.run(["tar", "-tzf", one], capture_output=True, text=True, check=True).stdout
    assert all(line.startswith("tiny-1.0.0/") for line in listed.splitlines())
    assert "tiny-1.0.0/.zenodo.json" in listed


def test_an_archive_that_would_write_elsewhere_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "tiny.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        entry = tarfile.TarInfo("tiny-1.0.0/../../outside")
        entry.size = 4
        archive.addfile(entry, io.BytesIO(b"evil"))
    with pytest.raises(BadInput, match="would leave the folder"):
        fetch(str(path))
    assert not list(tmp_path.rglob("outside"))


@pytest.mark.parametrize(
    "place",
    [
        "ftp://host/x",
        "s3://",
        "hf://datasets/onlyone",
        "hf://models/a/b",
        "git+ext::sh -c id",
        "git+-oProxyCommand=x",
    ],
)
def test_places_of_no_known_form_are_refused(place: str, built: Path) -> None:
    with pytest.raises(ClaimtypesError):
        publish(built, place)


def test_what_is_neither_release_nor_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="neither a release nor a model"):
        publish(tmp_path, str(tmp_path / "published"))


def test_a_model_takes_the_same_path(tmp_path: Path, ready: Project) -> None:
    model = tmp_path / "model"
    train_tiny_model(ready, model)
    place = str(tmp_path / "published")
    published = publish(model, place, "1.2.0")
    assert (published.kind, published.version) == ("model", "1.2.0")
    with pytest.raises(Refused, match="already"):
        publish(model, place, "1.2.0")
    (model / "README.md").write_text("changed")
    with pytest.raises(Refused, match="does not verify"):
        publish(model, place, "1.3.0")


def train_tiny_model(project: Project, folder: Path) -> None:
    from claimtypes.release.build import build

    pytest.importorskip("sklearn")
    release = build(project, "1.0.0").folder
    given = {"--release": release, "--tune": "none", "--output": folder, "--project": project.root}
    options = [str(word) for pair in given.items() for word in pair]
    subprocess.run(
        [sys.executable, "-m", "claimtypes", "train", "tfidf-svm", *options],
        check=True,
        capture_output=True,
    )
