"""What people type out of habit, from curl and kubectl, and how to ask it here."""

_ENTER = "names are not looked up; --to lb:NAMESPACE/NAME enters by that load balancer"
_SHOWN = "every hop is shown anyway; --all-rules shows every row that was looked at"
_BODY = "a body decides no route; write -X POST, and -H 'content-type: …' where a rule asks for it"
_WHOLE = "leave it out: the whole answer is shown"
_ALL = "leave it out: the objects of every namespace are read"
_BELOW = "leave it out: a folder is read with all that is in it"
_FILES = "manifests are files here: kubectl get -A -o yaml ingress,svc,endpointslices | sim inspect -f -"

HABITS = {
    "--resolve": _ENTER,
    "--connect-to": _ENTER,
    "-v": _SHOWN,
    "--verbose": _SHOWN,
    "-d": _BODY,
    "--data": _BODY,
    "-I": "-X HEAD",
    "--head": "-X HEAD",
    "-i": _WHOLE,
    "--include": _WHOLE,
    "--insecure": "leave it out: any certificate is taken, and a note says when a real client refuses it",
    "--user-agent": "-H 'user-agent: …'",
    "-b": "-H 'cookie: NAME=VALUE'",
    "--cookie": "-H 'cookie: NAME=VALUE'",
    "-u": "-H 'authorization: …'",
    "-A": _ALL,
    "--all-namespaces": _ALL,
    "-R": _BELOW,
    "--recursive": _BELOW,
    "--context": _FILES,
    "--kubeconfig": _FILES,
}
"""Option -> what to type instead."""
