"""Records and histories belong together, or nothing is started: a case without its story would stand still for ever."""

from temporalio.api.namespace.v1 import UpdateNamespaceInfo
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest, UpdateNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from models.installation import Identity
from rulebook.errors import XuqiaoError

KEY = "xuqiao-installation"


async def ensure_one_piece(client: Client, records: Identity) -> None:
    """Refuse histories that are of other records; histories without an id are claimed if they know an open case.

    Args:
        client: of the namespace that holds the histories.
        records: which installation the database is of.
    Raises:
        XuqiaoError: ``setup.other_installation``, ``setup.histories_gone``.
    """
    asked = DescribeNamespaceRequest(namespace=client.namespace)
    described = await client.workflow_service.describe_namespace(asked)
    held = described.namespace_info.data.get(KEY)
    if held == records.id:
        return
    where = {"namespace": client.namespace, "records": records.id}
    if held:
        raise XuqiaoError("setup.other_installation", histories=held, **where)
    if records.open_story and not await _knows(client, records.open_story):
        raise XuqiaoError("setup.histories_gone", story=records.open_story, **where)
    claim = UpdateNamespaceInfo(data={KEY: records.id})
    await client.workflow_service.update_namespace(
        UpdateNamespaceRequest(namespace=client.namespace, update_info=claim)
    )


async def _knows(client: Client, story: str) -> bool:
    try:
        await client.get_workflow_handle(story).describe()
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return False
    return True
