import pytest

import workbench as wb


@pytest.fixture(scope="session")
def explorer() -> wb.Explorer:
    return wb.Explorer.load()
