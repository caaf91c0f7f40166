# Started by cpack: an archive of the files of the commit, and of nothing else that lies in the clone.
set(name rnnbench-${CPACK_PACKAGE_VERSION})
set(CPACK_EXTERNAL_BUILT_PACKAGES ${CPACK_TOPLEVEL_DIRECTORY}/${name}.tar.gz)
execute_process(COMMAND git archive --prefix=${name}/ --output=${CPACK_EXTERNAL_BUILT_PACKAGES} HEAD
                WORKING_DIRECTORY ${CPACK_RNNBENCH_SOURCE} COMMAND_ERROR_IS_FATAL ANY)
