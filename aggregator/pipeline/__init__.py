"""The use cases, each one flat function that reads like its specification.

    refresh   claim due feeds -> fetch -> parse -> plan -> save            one transaction a feed
    group     waiting entries -> place -> decide -> cluster -> save        one transaction a batch
    publish   stories of the window -> rank -> build -> render -> freeze   one transaction an edition
    send      unsent messages -> deliver -> record each reply              one transaction a reply

The store is the queue between them: kill any of them anywhere and run it again, nothing is lost, nothing doubled.
"""
